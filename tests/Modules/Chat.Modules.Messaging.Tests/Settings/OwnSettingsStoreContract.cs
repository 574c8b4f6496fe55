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
    public async Task Each_setting_is_kept_by_itself()
    {
        OwnSettingsChange[] changes =
        [
            new(Tomorrow),
            new(MutedUntil: null) { IsPinned = true },
            new(MutedUntil: null) { UnreadBelow = new SeqNo(7) },
            new(MutedUntil: null) { Draft = "grüße\0" },
            new(MutedUntil: null) { ArchivedBelow = new SeqNo(9) },
            new(MutedUntil: null) { ClearedUpTo = new SeqNo(8) },
        ];
        foreach (var change in changes)
            await Store.SaveAsync(Alice, Team, change, Ct);

        Assert.Equal(new OwnSettings(Tomorrow) { IsPinned = true, UnreadBelow = new SeqNo(7), Draft = "grüße\0" }, (await Store.ReadAsync(Alice, [Team], Ct))[Team]);
        Assert.Equal(new Hidden(new SeqNo(9), new SeqNo(8)), (await Store.ReadHiddenAsync(Alice, [Team], Ct))[Team]);
        Assert.Empty(await Store.ReadHiddenAsync(Bob, [Team], Ct));
    }

    [Fact]
    public async Task Several_settings_are_changed_and_ended_together()
    {
        await Store.SaveAsync(
            Alice, Team,
            new OwnSettingsChange(Tomorrow) { IsPinned = true, UnreadBelow = new SeqNo(7), Draft = "hello", ArchivedBelow = new SeqNo(9), ClearedUpTo = new SeqNo(8) }, Ct);
        await Store.SaveAsync(
            Alice, Team, new OwnSettingsChange(DateTimeOffset.UnixEpoch) { IsPinned = false, UnreadBelow = SeqNo.None, Draft = "", ArchivedBelow = SeqNo.None }, Ct);

        Assert.Equal(new OwnSettings(DateTimeOffset.UnixEpoch), (await Store.ReadAsync(Alice, [Team], Ct))[Team]);
        Assert.Equal(new Hidden(SeqNo.None, new SeqNo(8)), (await Store.ReadHiddenAsync(Alice, [Team], Ct))[Team]);
    }

    [Fact]
    public async Task What_was_cleared_never_comes_back_in_whatever_order_it_is_written()
    {
        foreach (var upTo in new[] { 40, 90, 10, 89, 1, 0 })
            await Store.SaveAsync(Alice, Team, new OwnSettingsChange(MutedUntil: null) { ClearedUpTo = new SeqNo(upTo) }, Ct);

        Assert.Equal(new Hidden(SeqNo.None, new SeqNo(90)), (await Store.ReadHiddenAsync(Alice, [Team], Ct))[Team]);
    }

    [Fact]
    public async Task What_a_user_has_archived_and_cleared_is_read_at_once_without_the_rest_unless_it_is_too_much()
    {
        var conversations = Enumerable.Range(1, 1_200).Select(n => ConversationId.Direct(Alice, UserId.Parse($"user{n}"))).ToList();
        await MuteAsync(Alice, Team, Tomorrow);
        await Task.WhenAll(conversations.Select((conversation, n) => Store.SaveAsync(
            Alice, conversation, n % 2 == 0 ? new OwnSettingsChange(MutedUntil: null) { ArchivedBelow = new SeqNo(n + 1) } : new OwnSettingsChange(MutedUntil: null) { ClearedUpTo = new SeqNo(n + 1) },
            Ct)));

        var hidden = await Store.ReadHiddenAsync(Alice, 1_200, Ct);
        var some = await Store.ReadHiddenAsync(Alice, [conversations[7], Team, AliceAndBob, conversations[8]], Ct);

        Assert.Equal([conversations[7], conversations[8]], some.Keys.OrderBy(one => one.Value, StringComparer.Ordinal));
        Assert.Equal(new Hidden(new SeqNo(9), SeqNo.None), some[conversations[8]]);
        Assert.Null(await Store.ReadHiddenAsync(Alice, 1_199, Ct));
        Assert.NotNull(hidden);
        Assert.Equal(conversations.Select(one => one.Value).Order(), hidden.Keys.Select(one => one.Value).Order());
        Assert.All(conversations, (conversation, n) => Assert.Equal(
            n % 2 == 0 ? new Hidden(new SeqNo(n + 1), SeqNo.None) : new Hidden(SeqNo.None, new SeqNo(n + 1)), hidden[conversation]));
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
