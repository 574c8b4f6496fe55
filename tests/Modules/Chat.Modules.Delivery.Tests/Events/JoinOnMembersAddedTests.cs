using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Delivery.Events;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Tests.Events;

/// <summary>Messages between the moment when the head is read for new members and the one when they are in.</summary>
public sealed class JoinOnMembersAddedTests : IDisposable
{
    private static readonly DeviceAddress Alice = World.Device("alice");
    private static readonly DeviceAddress Bob = World.Device("bob");

    private readonly World _world = new(new DeliveryOptions { PushThreshold = 3 });
    private readonly JoinOnMembersAdded _joining;

    public JoinOnMembersAddedTests() => _joining = new JoinOnMembersAdded(_world.Receivers);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, true)]
    [InlineData(100, true)] // more than a page
    [InlineData(1, false)]
    public async Task A_new_member_is_pushed_what_was_appended_before_the_change_was_in_force(int between, bool addedHere)
    {
        var group = _world.Group("alice");
        _world.Say(2, group, Alice);
        var bob = await _world.ConnectedAsync(Bob);

        await AddBobAsync(group, between, addedHere);

        Assert.Equal(Enumerable.Range(3, between).Select(seqNo => (long)seqNo), bob.SeqNos);
    }

    [Fact]
    public async Task Also_when_the_log_is_away_for_a_moment()
    {
        var group = _world.Group("alice");
        var bob = await _world.ConnectedAsync(Bob);
        _world.FailNext<ReadLog>();

        await AddBobAsync(group, between: 1, addedHere: true);
        Assert.Empty(bob.Messages);
        _world.Sweep(TimeSpan.FromSeconds(1));
        await _world.SettleAsync();

        Assert.Equal([1], bob.SeqNos);
    }

    [Fact]
    public async Task In_a_large_conversation_the_new_member_is_told_that_it_moved_on()
    {
        var channel = _world.Group("alice", "carol", "dave");
        var bob = await _world.ConnectedAsync(Bob);

        await AddBobAsync(channel, between: 2, addedHere: true);

        Assert.Empty(bob.Messages);
        Assert.Equal((channel, new SeqNo(2)), bob.Events.OfType<AdvancedEvent>().Select(hint => (hint.Conversation, hint.MaxSeqNo)).Single());
    }

    [Theory]
    [InlineData("alice")]
    [InlineData("alice", "carol", "dave")]
    public async Task Where_nothing_was_appended_nothing_comes(params string[] others)
    {
        var group = _world.Group(others);
        _world.Say(2, group, Alice);
        var bob = await _world.ConnectedAsync(Bob);

        await AddBobAsync(group, between: 0, addedHere: true);

        Assert.Equal([typeof(Welcome), typeof(CaughtUpEvent)], bob.Events.Select(item => item.GetType()));
    }

    [Fact]
    public async Task Who_was_removed_by_another_node_gets_nothing()
    {
        var group = _world.Group("alice", "bob");
        var bob = await _world.ConnectedAsync(Bob);
        _world.Say(group, Alice);
        await _world.SettleAsync();
        _world.Leave(group, "bob");
        _world.Append(group, Alice);

        await _joining.Handle(new MembershipsFoundChanged(group, [Bob.User]), Ct);
        await _world.SettleAsync();

        Assert.Equal([1], bob.SeqNos);
    }

    public void Dispose() => _world.Dispose();

    private async Task AddBobAsync(ConversationId group, int between, bool addedHere)
    {
        var head = _world.Head(group);
        _world.Say(between, group, Alice);
        _world.Join(group, "bob", at: head);
        await (addedHere
            ? _joining.Handle(new MembersAdded(group, [Bob.User]), Ct)
            : _joining.Handle(new MembershipsFoundChanged(group, [Bob.User]), Ct));
        await _world.SettleAsync();
    }
}
