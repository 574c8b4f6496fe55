using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Nodes;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Delivery.Relay;
using Chat.Testing;

namespace Chat.Modules.Delivery.Tests.Relay;

/// <summary>Connections as the other nodes come to know of them; the others are scripted.</summary>
public sealed class ConnectionRegistrarTests : IAsyncLifetime
{
    private static readonly DeviceAddress Alice = World.Device("alice");
    private static readonly DeviceAddress Bob = World.Device("bob");
    private static readonly ConversationId Talk = World.Direct("alice", "bob");

    private readonly ScriptedBus _bus = new();
    private readonly ScriptedRegistry _registry = new();
    private readonly NodeId _other = NodeId.New();
    private readonly World _world;

    public ConnectionRegistrarTests() => _world = new World(ports: new NodePorts(_bus, _bus, _registry));

    public async ValueTask InitializeAsync()
    {
        await _world.UserNodes.StartAsync(TestContext.Current.CancellationToken);
        await _world.Redrains.StartAsync(TestContext.Current.CancellationToken);
        await _world.Registrar.StartAsync(TestContext.Current.CancellationToken);
        _bus.Live = [_other];
        _world.Registrar.LeaseGained(_bus.Self);
        await Wait.UntilAsync(() => _bus.Kinds.Contains(RelayKind.Registered), "registered");
    }

    public ValueTask DisposeAsync()
    {
        _world.Dispose();
        return default;
    }

    [Fact]
    public async Task A_connection_drains_when_the_others_know_of_it_and_not_before()
    {
        var known = new TaskCompletionSource<bool>();
        _bus.Acknowledgements.Enqueue(known.Task);
        var client = _world.Connect(Bob);
        await Wait.UntilAsync(() => _bus.Kinds.Contains(RelayKind.Arrived), "arrived");

        // Pushed by nobody, as the other node did not know of it.
        _world.Append(Talk, Alice);
        await _world.SettleAsync();
        Assert.Equal(0, client.Count<CaughtUpEvent>());
        known.SetResult(true);

        await Wait.UntilAsync(() => client.CaughtUp, "caughtUp");
        Assert.Equal([1], client.SeqNos);
    }

    [Fact]
    public async Task Where_they_do_not_say_so_in_time_it_drains_all_the_same_and_once_more_later()
    {
        var late = new TaskCompletionSource<bool>();
        _bus.Acknowledgements.Enqueue(Task.FromResult(false));
        _bus.Acknowledgements.Enqueue(late.Task);
        var client = _world.Connect(Bob);
        await Wait.UntilAsync(() => client.CaughtUp, "caughtUp");

        _world.Append(Talk, Alice);
        late.SetResult(true);

        await Wait.UntilAsync(() => client.SeqNos.Length > 0, "the message");
        await _world.SettleAsync();
        Assert.Equal([1], client.SeqNos);
        Assert.Equal(1, client.Count<CaughtUpEvent>());
    }

    [Fact]
    public async Task Without_a_registry_it_drains_and_is_registered_when_there_is_one()
    {
        _registry.Registering = () => throw new StoreUnavailableException("Away.");
        var client = _world.Connect(Bob);
        await Wait.UntilAsync(() => client.CaughtUp, "caughtUp");
        Assert.DoesNotContain(RelayKind.Arrived, _bus.Kinds);

        _world.Append(Talk, Alice);
        _registry.Registering = () => Task.CompletedTask;
        await AfterPauseAsync(() => client.SeqNos.Length > 0);

        Assert.Contains(RelayKind.Arrived, _bus.Kinds);
        Assert.Equal([1], client.SeqNos);
    }

    [Fact]
    public async Task A_connection_whose_device_has_connected_elsewhere_meanwhile_is_closed()
    {
        var client = await _world.ConnectedAsync(Bob);
        _world.Receivers.Replace(Bob, client.Connection.Order);
        Assert.Empty(client.Closed);

        _world.Receivers.Replace(Bob, client.Connection.Order + 1);

        Assert.Equal([CloseReason.Replaced], client.Closed);
        await Wait.UntilAsync(() => _bus.Kinds.Contains(RelayKind.Left), "left");
    }

    [Fact]
    public async Task After_a_gap_each_connection_drains_again_and_says_caughtUp_no_second_time()
    {
        var client = await _world.ConnectedAsync(Bob);
        var own = _world.Append(Talk, Bob);
        var missed = _world.Append(Talk, Alice);

        _world.Registrar.Missed(_other);

        await Wait.UntilAsync(() => client.SeqNos.Length > 0, "the message");
        await _world.SettleAsync();
        // Its own it has an ack for.
        Assert.Equal([missed.Message.SeqNo.Value], client.SeqNos);
        Assert.Equal((1, 1L), (client.Count<CaughtUpEvent>(), own.Message.SeqNo.Value));
    }

    [Fact]
    public async Task When_another_node_is_gone_each_connection_drains_again()
    {
        var client = await _world.ConnectedAsync(Bob);
        _world.Append(Talk, Alice);

        _world.Registrar.Left(_other);

        await Wait.UntilAsync(() => client.SeqNos.Length > 0, "the message");
    }

    [Fact]
    public async Task When_a_node_is_gone_that_said_it_owes_nothing_no_connection_drains_again()
    {
        await _world.ConnectedAsync(Bob);

        _world.Registrar.Finished(_other);
        _world.Registrar.Left(_other);
        // After this one each does, once.
        _world.Registrar.SharedStateLost();

        await Wait.UntilAsync(() => _world.Redrained > 0, "the connection drains again");
        await _world.SettleAsync();
        Assert.Equal(1, _world.Redrained);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_node_that_ends_says_that_it_owes_nothing_where_its_fan_out_is_done(bool isDone)
    {
        if (!isDone)
            _world.FanOut.Offer(_world.Append(Talk, Alice));

        await _world.Registrar.StopAsync(TestContext.Current.CancellationToken);

        Assert.Equal(isDone, _bus.Kinds.Contains(RelayKind.Finished));
    }

    [Fact]
    public async Task When_the_registry_was_lost_all_are_registered_again_and_drain_again()
    {
        var client = await _world.ConnectedAsync(Bob);
        var registrations = 0;
        _registry.Registering = () =>
        {
            registrations++;
            return Task.CompletedTask;
        };
        _world.Append(Talk, Alice);

        _world.Registrar.SharedStateLost();

        await Wait.UntilAsync(() => client.SeqNos.Length > 0, "the message");
        Assert.Equal(1, registrations);
        Assert.Equal(2, _bus.Kinds.Count(kind => kind is RelayKind.Registered));
    }

    [Fact]
    public async Task A_node_that_had_no_lease_says_so_when_it_has_one_again()
    {
        _world.Registrar.LeaseLost(LeaseLoss.RedisUnreachable);
        Assert.False(_world.UserNodes.HasOthers);
        _world.Registrar.LeaseGained(_bus.Self);

        await Wait.UntilAsync(() => _bus.Kinds.Count(kind => kind is RelayKind.Registered) == 2, "registered again");
        Assert.Equal((byte)(RegisteredFlags.HasBeenAway | RegisteredFlags.AsksBack), _bus.Sent[^1].Payload[1]);
        Assert.True(_world.UserNodes.HasOthers);
    }

    [Fact]
    public async Task Clients_of_a_node_that_stood_still_are_sent_away_and_others_may_come()
    {
        var client = await _world.ConnectedAsync(Bob);

        _world.Registrar.LeaseLost(LeaseLoss.StoodStill);

        await AfterPauseAsync(() => client.Closed.Count > 0);
        Assert.Equal([CloseReason.GoingAway], client.Closed);
        Assert.Equal(1, client.Count<GoAwayEvent>());
        Assert.True(_world.Acceptor.IsAccepting);
    }

    [Fact]
    public void A_node_that_joins_is_told_that_all_are_registered()
    {
        var joined = NodeId.New();

        _world.Registrar.Joined(joined);

        Assert.Equal((joined, (byte)RelayKind.Registered), (_bus.Sent[^1].To, _bus.Sent[^1].Payload[0]));
    }

    private Task AfterPauseAsync(Func<bool> condition) => Wait.UntilAsync(
        () =>
        {
            _world.Clock.Advance(TimeSpan.FromMilliseconds(100));
            return condition();
        }, "what comes after a pause");
}
