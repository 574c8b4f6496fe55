using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Settings;
using Chat.Testing;
using Microsoft.Extensions.Time.Testing;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Settings;

/// <summary>What a user is shown: neither what was before it joined, nor what it has cleared.</summary>
public sealed class ReaderQueryTests : IDisposable
{
    private readonly TestMeters _meters = new();
    private readonly SharedSettings _store = new(Timeout.InfiniteTimeSpan);
    private readonly SettingsNode _node;

    public ReaderQueryTests()
    {
        _node = new SettingsNode(_store, new FakeBus(), _meters, new FakeTimeProvider(Now));
        _node.Mediator
            .Answer<GetMembership, Membership?>(query => query.User == Carol ? null : new Membership(new SeqNo(5), new SeqNo(5)))
            .Answer<GetMembersNotShown, IReadOnlyCollection<UserId>>(query => query.Place <= new SeqNo(5) ? [Bob] : []);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _node.Dispose();
        _meters.Dispose();
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(4, 5)]
    [InlineData(5, 5)]
    [InlineData(9, 9)]
    public async Task A_reader_is_shown_what_stands_above_both(int cleared, int visibleAfter)
    {
        await ClearAsync(Alice, cleared);

        var membership = await new GetMembershipAsReaderHandler(_node.Directory, _node.Mediator).Handle(new GetMembershipAsReader(Team, Alice), Ct);

        Assert.Equal(new Membership(new SeqNo(visibleAfter), new SeqNo(visibleAfter)), membership);
    }

    [Fact]
    public async Task Who_is_no_member_is_no_reader() =>
        Assert.Null(await new GetMembershipAsReaderHandler(_node.Directory, _node.Mediator).Handle(new GetMembershipAsReader(Team, Carol), Ct));

    [Theory]
    [InlineData(5, "bob alice")]
    [InlineData(7, "alice")]
    [InlineData(8, "")]
    public async Task A_change_is_not_shown_to_whom_its_message_is_not(int place, string notShown)
    {
        await ClearAsync(Alice, 7);

        var answer = new GetNotShownHandler(_node.Directory, _node.Mediator).Handle(new GetNotShown(Team, new SeqNo(place), [Alice, Bob]), Ct);

        Assert.Equal(notShown, string.Join(' ', await answer));
    }

    [Fact]
    public async Task What_is_in_memory_is_answered_at_once()
    {
        await ClearAsync(Alice, 7);
        var handler = new GetNotShownHandler(_node.Directory, _node.Mediator);
        await handler.Handle(new GetNotShown(Team, new SeqNo(7), [Alice, Bob]), Ct);

        Assert.True(handler.Handle(new GetNotShown(Team, new SeqNo(7), [Alice, Bob]), Ct).IsCompletedSuccessfully);
        Assert.Equal(2, _store.HiddenReads);
    }

    private Task ClearAsync(UserId user, int upTo) =>
        _node.Directory.ChangeAsync(user, Team, new OwnSettingsChange(MutedUntil: null) { ClearedUpTo = new SeqNo(upTo) }, Ct);
}
