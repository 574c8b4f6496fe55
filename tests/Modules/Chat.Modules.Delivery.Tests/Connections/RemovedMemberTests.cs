using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Tests.Connections;

/// <summary>Members removed by another node: no connection here is told, and what is read of the log is theirs only while they are members.</summary>
public sealed class RemovedMemberTests : IDisposable
{
    private static readonly DeviceAddress Alice = World.Device("alice");
    private static readonly DeviceAddress Bob = World.Device("bob");
    private static readonly ConversationId Direct = World.Direct("alice", "bob");

    private readonly World _world = new(new DeliveryOptions { UnackedWindow = 2, PushThreshold = 3 });
    private readonly ConversationId _group;

    public RemovedMemberTests() => _group = _world.Group("alice", "bob");

    [Fact]
    public async Task What_waits_for_room_is_not_pushed_after_the_removal()
    {
        var bob = await _world.ConnectedAsync(Bob);
        _world.Say(Direct, Alice);
        _world.Say(2, _group, Alice);
        await _world.SettleAsync();
        _world.Leave(_group, "bob");
        _world.Append(_group, Alice);

        await _world.AckAsync(Bob, Direct, 1);
        await _world.SettleAsync();

        Assert.Equal([(Direct, 1), (_group, 1)], Received(bob));
    }

    [Fact]
    public async Task Who_comes_back_is_pushed_nothing_of_the_time_between()
    {
        var bob = await _world.ConnectedAsync(Bob);
        _world.Say(Direct, Alice);
        _world.Say(2, _group, Alice);
        await _world.SettleAsync();
        _world.Leave(_group, "bob");
        _world.Append(_group, Alice);
        _world.Join(_group, "bob", seesThePast: false);
        _world.Say(_group, Alice);

        await _world.AckAsync(Bob, Direct, 1);
        await _world.SettleAsync();

        Assert.Equal([(Direct, 1), (_group, 1), (_group, 4)], Received(bob));
    }

    [Fact]
    public async Task What_was_pushed_and_not_acked_is_not_sent_again_and_makes_room()
    {
        var bob = await _world.ConnectedAsync(Bob);
        _world.Say(2, _group, Alice);
        _world.Say(Direct, Alice);
        await _world.SettleAsync();
        _world.Leave(_group, "bob");

        _world.Sweep(TimeSpan.FromSeconds(6));
        await _world.SettleAsync();

        Assert.Equal([(_group, 1), (_group, 2), (Direct, 1)], Received(bob));
    }

    [Fact]
    public async Task What_was_pushed_before_the_user_left_and_came_back_is_not_sent_again_and_makes_room()
    {
        var bob = await _world.ConnectedAsync(Bob);
        _world.Say(2, _group, Alice);
        _world.Say(Direct, Alice);
        await _world.SettleAsync();
        _world.Leave(_group, "bob");
        _world.Join(_group, "bob", seesThePast: false);

        _world.Sweep(TimeSpan.FromSeconds(6));
        await _world.SettleAsync();

        Assert.Equal([(_group, 1), (_group, 2), (Direct, 1)], Received(bob));
    }

    [Fact]
    public async Task A_refused_ack_makes_room()
    {
        var bob = await _world.ConnectedAsync(Bob);
        _world.Say(2, _group, Alice);
        _world.Say(Direct, Alice);
        await _world.SettleAsync();
        _world.Leave(_group, "bob");

        var refused = await _world.AckAsync(Bob, _group, 2);
        await _world.SettleAsync();

        Assert.Equal(ErrorCodes.NotAMember, refused.Error?.Code);
        Assert.Equal([(_group, 1), (_group, 2), (Direct, 1)], Received(bob));
    }

    [Fact]
    public async Task A_removal_while_the_log_is_read_for_a_push()
    {
        var bob = await _world.ConnectedAsync(Bob);
        RemoveBobDuringTheNextRead();

        bob.Connection.Advance(_group, new SeqNo(1));
        await _world.SettleAsync();

        Assert.Empty(bob.Messages);
    }

    [Fact]
    public async Task A_removal_while_the_log_is_read_for_a_repair()
    {
        var bob = await _world.ConnectedAsync(Bob);
        RemoveBobDuringTheNextRead();

        await bob.Connection.RepairAsync(_group, SeqNo.None, TestContext.Current.CancellationToken);
        await _world.SettleAsync();

        Assert.Empty(bob.Messages);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public async Task A_removal_while_the_drain_looks_at_the_heads(int members)
    {
        string[] others = ["alice", "carol", "dave"];
        var group = _world.Group([.. others[..(members - 1)], "bob"]);
        _world.Append(group, Alice);
        // All heads, the last answer of which is given when bob has gone.
        _world.MeanwhileOf<GetHeads>(() => _world.Leave(group, "bob"));

        var bob = await _world.ConnectedAsync(Bob);

        Assert.Equal([typeof(Welcome), typeof(CaughtUpEvent)], bob.Events.Select(item => item.GetType()));
    }

    public void Dispose() => _world.Dispose();

    private static IEnumerable<(ConversationId, long)> Received(Client client) =>
        client.Messages.Select(message => (message.Conversation, message.SeqNo.Value));

    // What is appended after the removal is in the answer.
    private void RemoveBobDuringTheNextRead()
    {
        _world.Append(_group, Alice);
        _world.MeanwhileOf<GetMembershipAsReader>(() =>
        {
            _world.Leave(_group, "bob");
            _world.Append(_group, Alice);
        });
    }
}
