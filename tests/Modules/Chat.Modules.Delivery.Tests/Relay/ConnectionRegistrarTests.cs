using System.Runtime.CompilerServices;
using System.Threading.Channels;
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
        await _world.Registrar.StartAsync(TestContext.Current.CancellationToken);
        _bus.Live = [_other];
        _world.Registrar.LeaseGained(_bus.Self);
        // Of the start: later it would drain again what a test connects.
        await Wait.UntilAsync(() => Requested(_world.Redrains).Reader.TryRead(out _), "registered, and all are to drain again");
        await _world.Redrains.StartAsync(TestContext.Current.CancellationToken);
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
    public async Task However_many_cannot_be_registered_each_drains()
    {
        _registry.Registering = () => throw new StoreUnavailableException("Away.");

        var clients = Enumerable.Range(0, 1_500).Select(n => _world.Connect(World.Device($"user{n}"))).ToList();

        await AfterPauseAsync(() => clients.TrueForAll(client => client.CaughtUp));
    }

    [Fact]
    public async Task Those_that_ended_while_there_was_no_registry_are_registered_no_more()
    {
        _registry.Registering = () => throw new StoreUnavailableException("Away.");
        var ended = _world.Connect(Bob);
        var client = _world.Connect(Alice);
        await Wait.UntilAsync(() => ended.CaughtUp && client.CaughtUp, "caughtUp");
        ended.Connection.Dispose();

        _registry.Registering = () => Task.CompletedTask;
        await AfterPauseAsync(() => client.Connection.Order != 0);

        Assert.Equal([Alice], _registry.Registered);
    }

    [Fact]
    public async Task One_that_cannot_be_registered_keeps_no_other_from_it()
    {
        _registry.Refuses = device => device == Bob;
        var refused = _world.Connect(Bob);
        var client = _world.Connect(World.Device("carol"));

        await Wait.UntilAsync(() => refused.CaughtUp && client.CaughtUp && client.Connection.Order != 0, "registered");
        _world.Append(Talk, Alice);
        _registry.Refuses = _ => false;
        await AfterPauseAsync(() => refused.SeqNos.Length > 0);

        Assert.NotEqual(0, refused.Connection.Order);
    }

    [Fact]
    public async Task One_that_cannot_be_registered_again_lets_the_others_be_registered_once()
    {
        var clients = new[] { await _world.ConnectedAsync(Bob), await _world.ConnectedAsync(World.Device("carol")) };
        _registry.Refuses = device => device == Bob;
        _registry.Registered.Clear();

        _world.Registrar.SharedStateLost();
        await Wait.UntilAsync(() => _registry.Refused > 0, "Bob is refused");
        await AfterPauseAsync(() => _registry.Refused > 2);
        Assert.Equal([World.Device("carol")], _registry.Registered);
        Assert.Single(_bus.Kinds, kind => kind is RelayKind.Registered);

        _registry.Refuses = _ => false;
        await AfterPauseAsync(() => _bus.Kinds.Count(kind => kind is RelayKind.Registered) == 2);
        Assert.All(clients, client => Assert.Empty(client.Closed));
    }

    [Fact]
    public async Task A_slow_registry_is_waited_for_while_the_connection_drains()
    {
        var slow = new TaskCompletionSource();
        var registrations = 0;
        _registry.Registering = () =>
        {
            registrations++;
            return slow.Task;
        };
        var client = _world.Connect(Bob);
        await AfterPauseAsync(() => client.CaughtUp);
        _world.Append(Talk, Alice);

        slow.SetResult();

        await Wait.UntilAsync(() => client.SeqNos.Length > 0, "the message");
        Assert.Equal(1, registrations);
        Assert.Contains(RelayKind.Arrived, _bus.Kinds);
    }

    [Fact]
    public async Task While_others_are_being_registered_a_connection_is_not_kept_from_its_drain()
    {
        var never = new TaskCompletionSource();
        _registry.Registering = () => never.Task;
        var first = _world.Connect(Bob);
        await Wait.UntilAsync(() => _registry.Asked > 0, "the first is being registered");

        var second = _world.Connect(Alice);

        await AfterPauseAsync(() => first.CaughtUp && second.CaughtUp);
        never.SetResult();
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

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_requested")]
    private static extern ref Channel<bool> Requested(Redrains redrains);
}
