using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Connections;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Delivery.Cursors;
using Chat.Modules.Identity.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Testing;

namespace Chat.Modules.Delivery.Tests.Connections;

public sealed class ConnectionTableTests : IDisposable
{
    private static readonly DeviceAddress Alice = World.Device("alice");
    private static readonly DeviceAddress Bob = World.Device("bob");
    private static readonly ConversationId Here = World.Direct("alice", "bob");

    private readonly World _world = new(new DeliveryOptions { MaxConnections = 3, MaxDevicesPerUser = 2, MaxPendingAnswers = 2 });

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_new_connection_of_a_device_replaces_the_old_one()
    {
        var old = await _world.ConnectedAsync(Bob);

        var young = await _world.ConnectedAsync(Bob);
        _world.Say(Here, Alice);
        await _world.SettleAsync();

        Assert.Equal([CloseReason.Replaced], old.Closed);
        Assert.Empty(young.Closed);
        Assert.Equal(1, _world.Connections.Count);
        Assert.Empty(old.Messages);
        Assert.Equal([1], young.SeqNos);
    }

    [Fact]
    public async Task The_end_of_a_replaced_connection_leaves_the_new_one_alone()
    {
        var old = await _world.ConnectedAsync(Bob);
        var young = await _world.ConnectedAsync(Bob);

        old.Connection.Dispose();

        Assert.Same(young.Connection, _world.Connections.Find(Bob));
        Assert.Equal(1, _world.Connections.Count);
    }

    [Fact]
    public async Task Each_connection_is_said_to_begin_and_then_to_end_once()
    {
        var bob = await _world.ConnectedAsync(Bob);

        bob.Connection.Dispose();
        bob.Connection.Dispose();
        bob.Connection.Close(CloseReason.OverLimit);
        await _world.SettleAsync();

        Assert.Equal(bob.Connection.Id, Assert.Single(_world.Published<DeviceConnected>()).Connection);
        Assert.Equal(bob.Connection.Id, Assert.Single(_world.Published<DeviceDisconnected>()).Connection);
    }

    [Fact]
    public async Task A_connection_that_ends_before_it_began_is_said_neither()
    {
        var bob = _world.Connect(Bob, client => client.Stall());

        bob.Connection.Dispose();
        await _world.SettleAsync();

        Assert.Empty(_world.Mediator.Published);
    }

    [Fact]
    public async Task A_write_that_fails_ends_the_connection_and_nothing_is_lost()
    {
        var bob = await _world.ConnectedAsync(Bob);
        bob.Break();
        _world.Say(Here, Alice);
        await _world.SettleAsync();

        Assert.NotEmpty(bob.Closed);
        Assert.Equal(0, _world.Faults);
        Assert.Equal(0, _world.Connections.Count);
        Assert.Single(_world.Published<DeviceDisconnected>());
        var again = await _world.ConnectedAsync(Bob);
        Assert.Equal([1], again.SeqNos);
    }

    [Fact]
    public async Task A_bug_in_the_delivery_closes_the_connection_as_a_fault_and_nothing_is_lost()
    {
        _world.MeanwhileOf<GetDirectHeads>(() => throw new InvalidOperationException("A bug."));

        var bob = _world.Connect(Bob);
        await _world.SettleAsync();

        Assert.Equal([CloseReason.Fault], bob.Closed);
        Assert.Equal(0, _world.Connections.Count);
        Assert.Single(_world.Published<DeviceDisconnected>());
        Assert.Equal(1, _world.Faults);
        _world.Say(Here, Alice);
        var again = await _world.ConnectedAsync(Bob);
        Assert.Equal([1], again.SeqNos);
    }

    [Fact]
    public async Task An_event_that_cannot_be_encoded_closes_the_connection_as_a_fault()
    {
        var bob = await _world.ConnectedAsync(Bob);
        bob.Break(new InvalidOperationException("A bug."));

        _world.Say(Here, Alice);
        await _world.SettleAsync();

        Assert.Equal([CloseReason.Fault], bob.Closed);
        Assert.Equal(1, _world.Faults);
    }

    [Fact]
    public async Task A_connection_that_is_closed_while_its_write_waits_ends_at_once()
    {
        var bob = await _world.ConnectedAsync(Bob);
        bob.Stall();
        bob.Connection.Tell(new News());
        await Wait.UntilAsync(() => bob.IsHeldBack, "the write");

        bob.Connection.Close(CloseReason.Revoked);
        await Wait.UntilAsync(() => _world.Published<DeviceDisconnected>().Count == 1, "the end");

        Assert.Equal([CloseReason.Revoked], bob.Closed);
    }

    [Fact]
    public async Task A_revoked_device_is_closed_and_forgotten_and_the_users_others_are_not()
    {
        var (bob, laptop) = (await _world.ConnectedAsync(Bob), await _world.ConnectedAsync(World.Device("bob", "laptop")));

        await new ForgetOnDeviceRevoked(_world.Receivers, _world.CursorTable, _world.Store).Handle(new DeviceRevoked(Bob), Ct);

        Assert.Equal([CloseReason.Revoked], bob.Closed);
        Assert.Empty(laptop.Closed);
        Assert.Equal(DeviceStanding.Later, await _world.Store.GetStandingAsync(Bob, Ct));
    }

    [Fact]
    public async Task A_device_that_another_node_has_revoked_is_closed_and_what_is_stored_is_left_to_that_node()
    {
        var bob = await _world.ConnectedAsync(Bob);

        await new ForgetOnDeviceRevoked(_world.Receivers, _world.CursorTable, _world.Store).Handle(new DeviceRevoked(Bob) { KeepData = true }, Ct);

        Assert.Equal([CloseReason.Revoked], bob.Closed);
        Assert.Equal(DeviceStanding.Known, await _world.Store.GetStandingAsync(Bob, Ct));
    }

    [Fact]
    public async Task After_its_only_device_was_revoked_a_users_next_one_begins_where_the_user_had_got_to()
    {
        await _world.ConnectedAsync(Bob);
        _world.Say(3, Here, Alice);
        await _world.SettleAsync();
        await _world.AckAsync(Bob, Here, 2);
        await new ForgetOnDeviceRevoked(_world.Receivers, _world.CursorTable, _world.Store).Handle(new DeviceRevoked(Bob), Ct);

        var tablet = await _world.ConnectedAsync(World.Device("bob", "tablet"));

        Assert.Equal([3], tablet.SeqNos);
    }

    [Fact]
    public async Task A_node_that_is_full_and_a_user_with_too_many_devices_are_refused()
    {
        await _world.ConnectedAsync(Bob);
        await _world.ConnectedAsync(World.Device("bob", "laptop"));

        Assert.Null(_world.Acceptor.Attach(new Client(World.Device("bob", "tablet")), new Welcome()));
        await _world.ConnectedAsync(Bob);
        Assert.True(_world.Acceptor.IsAccepting);
        await _world.ConnectedAsync(Alice);
        Assert.False(_world.Acceptor.IsAccepting);
        Assert.Null(_world.Acceptor.Attach(new Client(World.Device("carol")), new Welcome()));
    }

    [Fact]
    public async Task Answers_wait_for_room_and_none_is_lost()
    {
        var bob = await _world.ConnectedAsync(Bob);
        bob.Stall();
        bob.Connection.Tell(new News());
        await Wait.UntilAsync(() => bob.IsHeldBack, "the write");

        var replies = Enumerable.Range(0, 5).Select(number => bob.Connection.ReplyAsync(new Reply(number), moreFollow: false, Ct).AsTask()).ToList();
        Assert.Equal([true, true, false, false, false], replies.Select(reply => reply.IsCompleted));
        bob.Release();
        await Task.WhenAll(replies);
        await _world.SettleAsync();

        Assert.Equal([0, 1, 2, 3, 4], bob.Events.OfType<Reply>().Select(reply => reply.Number).Order());
    }

    [Fact]
    public async Task Answers_are_bounded_by_their_size_too()
    {
        var bob = await _world.ConnectedAsync(Bob);
        bob.Stall();
        bob.Connection.Tell(new News());
        await Wait.UntilAsync(() => bob.IsHeldBack, "the write");

        await bob.Connection.ReplyAsync(new Reply(1, size: 2_000_000), moreFollow: false, Ct);
        var second = bob.Connection.ReplyAsync(new Reply(2, size: 2_000_000), moreFollow: false, Ct).AsTask();

        Assert.False(second.IsCompleted);
        bob.Release();
        await second;
    }

    [Fact]
    public async Task An_answer_that_waits_is_let_go_when_the_connection_ends()
    {
        var bob = await _world.ConnectedAsync(Bob);
        bob.Stall();
        bob.Connection.Tell(new News());
        await Wait.UntilAsync(() => bob.IsHeldBack, "the write");
        var replies = Enumerable.Range(0, 3).Select(number => bob.Connection.ReplyAsync(new Reply(number), moreFollow: false, Ct).AsTask()).ToList();

        bob.Connection.Dispose();

        await Task.WhenAll(replies);
    }

    [Fact]
    public async Task An_answer_that_presence_gives_is_written_like_any_other()
    {
        var bob = await _world.ConnectedAsync(Bob);

        await bob.Connection.ReplyAsync(new PresenceEvent(new(Alice.User, Online: true, LastSeen: null)), moreFollow: false, Ct);
        _world.Say(Here, Alice);
        await Wait.UntilAsync(() => bob.Messages.Count == 1, "what follows");

        Assert.Equal(1, bob.Count<PresenceEvent>());
    }

    [Fact]
    public async Task Connections_that_come_and_go_at_once_leave_the_table_as_it_should_be()
    {
        using var world = new World();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(() =>
        {
            for (var round = 0; round < 100; round++)
            {
                var client = world.Connect(World.Device("bob", $"device{(worker + round) % 4}"));
                if (round % 3 == 0)
                    client.Connection.Dispose();
            }
        }, Ct)));
        await world.SettleAsync();

        Assert.Equal(world.Connections.All().Count(), world.Connections.Count);
        foreach (var connection in world.Connections.All().ToList())
            connection.Dispose();
        await world.SettleAsync();
        Assert.Equal(0, world.Connections.Count);
        Assert.Equal(
            world.Published<DeviceConnected>().Select(item => item.Connection).Order(Comparer<ConnectionId>.Create((a, b) => a.Value.CompareTo(b.Value))),
            world.Published<DeviceDisconnected>().Select(item => item.Connection).Order(Comparer<ConnectionId>.Create((a, b) => a.Value.CompareTo(b.Value))));
    }

    public void Dispose() => _world.Dispose();
}
