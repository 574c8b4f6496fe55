using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Tests.Settings;
using Microsoft.Extensions.Time.Testing;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Conversations;

public abstract partial class GetConversationsHandlerTests
{
    private readonly FakeTimeProvider _clock = new(Now);
    private readonly SharedSettings _settings = new(Timeout.InfiniteTimeSpan);

    [Fact]
    public async Task A_muted_conversation_says_until_when_as_long_as_it_lasts()
    {
        Join(Team);
        await AppendAsync(AliceAndBob, Bob);
        await _settings.SaveAsync(Alice, Team, new OwnSettingsChange(Now.AddHours(1)), Ct);
        await _settings.SaveAsync(Bob, AliceAndBob, new OwnSettingsChange(Now.AddHours(1)), Ct);

        Assert.Equal([(AliceAndBob, null), (Team, Now.AddHours(1))], await MutedAsync());
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal([(AliceAndBob, null), (Team, null)], await MutedAsync());

        async Task<IEnumerable<(ConversationId, DateTimeOffset?)>> MutedAsync() =>
            (await GetAsync()).Conversations.Select(conversation => (conversation.Id, conversation.Own.MutedUntil)).OrderBy(one => one.Id.Value, StringComparer.Ordinal);
    }
}
