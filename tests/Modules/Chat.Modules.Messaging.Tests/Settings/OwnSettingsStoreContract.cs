using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Settings;
using Microsoft.Extensions.Time.Testing;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Settings;

/// <summary>What every adapter of <see cref="IOwnSettingsStore"/> keeps.</summary>
public abstract class OwnSettingsStoreContract
{
    private protected static readonly DateTimeOffset Tomorrow = Now.AddDays(1).AddMilliseconds(123);

    private protected FakeTimeProvider Clock { get; } = new(Now);

    private protected abstract IOwnSettingsStore Store { get; }

    private protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_set_is_read_to_the_millisecond()
    {
        await MuteAsync(Alice, Team, Tomorrow.AddTicks(9));

        Assert.Equal(Tomorrow, await ReadAsync(Alice, Team));
    }

    [Fact]
    public async Task Only_the_conversations_asked_for_in_which_something_was_set_are_in_the_answer()
    {
        await MuteAsync(Alice, Team, Tomorrow);
        await MuteAsync(Alice, AliceAndBob, Tomorrow);

        Assert.Equal([Team], (await Store.ReadAsync(Alice, [Team, ConversationId.Direct(Alice, Carol)], Ct)).Keys);
        Assert.Empty(await Store.ReadAsync(Alice, [], Ct));
    }

    [Fact]
    public async Task A_users_settings_are_its_own()
    {
        await MuteAsync(Alice, AliceAndBob, Tomorrow);

        Assert.Empty(await Store.ReadAsync(Bob, [AliceAndBob], Ct));
        Assert.Empty(await Store.ReadAsync(UserId.Parse("Alice"), [AliceAndBob], Ct));
    }

    [Fact]
    public async Task The_last_change_counts_also_one_to_an_earlier_time()
    {
        await MuteAsync(Alice, Team, Tomorrow.AddDays(1));
        await MuteAsync(Alice, Team, Tomorrow);
        Assert.Equal(Tomorrow, await ReadAsync(Alice, Team));

        await MuteAsync(Alice, Team, DateTimeOffset.UnixEpoch);
        Assert.Equal(DateTimeOffset.UnixEpoch, await ReadAsync(Alice, Team));
    }

    [Fact]
    public async Task A_change_of_nothing_leaves_what_is_there()
    {
        await Store.SaveAsync(Alice, AliceAndBob, new OwnSettingsChange(MutedUntil: null), Ct);
        await MuteAsync(Alice, Team, Tomorrow);

        await Store.SaveAsync(Alice, Team, new OwnSettingsChange(MutedUntil: null), Ct);

        Assert.Equal(Tomorrow, await ReadAsync(Alice, Team));
        Assert.Null(await ReadAsync(Alice, AliceAndBob));
    }

    [Fact]
    public async Task All_of_a_page_are_read_at_once()
    {
        var conversations = Enumerable.Range(0, GetConversations.MaxLimit).Select(n => ConversationId.Direct(Alice, UserId.Parse($"user{n}"))).ToList();
        await Task.WhenAll(conversations.Select((conversation, n) => MuteAsync(Alice, conversation, Tomorrow.AddMilliseconds(n))));

        var settings = await Store.ReadAsync(Alice, conversations, Ct);

        Assert.Equal(
            Enumerable.Range(0, conversations.Count).Select(n => (DateTimeOffset?)Tomorrow.AddMilliseconds(n)),
            conversations.Select(conversation => settings[conversation].MutedUntil));
    }

    private protected Task MuteAsync(UserId user, ConversationId conversation, DateTimeOffset until) =>
        Store.SaveAsync(user, conversation, new OwnSettingsChange(until), Ct);

    private protected async Task<DateTimeOffset?> ReadAsync(UserId user, ConversationId conversation) =>
        (await Store.ReadAsync(user, [conversation], Ct)).GetValueOrDefault(conversation, OwnSettings.None).MutedUntil;
}
