using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Testing;

namespace Chat.Modules.Delivery.Tests.Connections;

public sealed class LeavingTests : IDisposable
{
    private readonly World _world = new(new DeliveryOptions { LeaveClosesPerSecond = 10, LeaveMs = 5_000 });

    [Fact]
    public async Task Every_client_is_told_when_and_closed_no_sooner_and_none_is_taken_in()
    {
        var clients = new List<Client>();
        for (var i = 0; i < 20; i++)
            clients.Add(await _world.ConnectedAsync(World.Device($"user{i}")));

        var left = _world.Acceptor.LeaveAsync();
        Assert.Same(left, _world.Acceptor.LeaveAsync());
        await _world.SettleAsync();

        Assert.False(_world.Acceptor.IsAccepting);
        Assert.Null(_world.Acceptor.Attach(new Client(World.Device("late")), new Welcome()));
        var closings = clients.Select(client => Assert.Single(client.Events.OfType<GoAwayEvent>()).After).ToList();
        Assert.All(clients, client => Assert.Empty(client.Closed));
        Assert.True(closings.Max() - closings.Min() > TimeSpan.FromMilliseconds(200), "The closings are not spread.");
        Assert.True(closings.Max() < TimeSpan.FromSeconds(3));

        var passed = TimeSpan.Zero;
        var step = TimeSpan.FromMilliseconds(50);
        await Wait.UntilAsync(() =>
        {
            for (var i = 0; i < clients.Count; i++)
                Assert.True(clients[i].Closed.Count == 0 || closings[i] <= passed, "A connection was closed before its moment.");
            passed += step;
            _world.Clock.Advance(step);
            return left.IsCompleted;
        }, "the leaving");
        await left;

        Assert.All(clients, client => Assert.Equal([CloseReason.GoingAway], client.Closed));
        Assert.Equal(0, _world.Connections.Count);
    }

    [Fact]
    public async Task With_nobody_connected_it_is_over_at_once()
    {
        await _world.Acceptor.LeaveAsync();

        Assert.False(_world.Acceptor.IsAccepting);
    }

    [Fact]
    public async Task One_that_is_being_taken_in_when_the_leaving_begins_is_closed_too()
    {
        var late = new LateClient(_world.Acceptor);

        using var attached = _world.Acceptor.Attach(late, new Welcome());

        await Wait.UntilAsync(() => late.Closed is CloseReason.GoingAway, "the close");
        Assert.Single(late.Events.OfType<GoAwayEvent>());
        Assert.Equal(0, _world.Connections.Count);
    }

    [Fact]
    public async Task A_client_whose_connection_is_busy_is_told_before_it_is_closed()
    {
        var client = (await _world.ConnectedAsync(World.Device("bob"))).Stall();
        client.Connection.Tell(new ConversationEvent(_world.Group("bob"), ConversationChange.TitleChanged, null));
        await Wait.UntilAsync(() => client.IsHeldBack, "the stall");

        var left = _world.Acceptor.LeaveAsync();
        _world.Clock.Advance(TimeSpan.FromSeconds(1));
        await _world.SettleAsync();
        Assert.Empty(client.Closed);
        client.Release();
        await Wait.UntilAsync(() => client.Closed.Count > 0, "the close");
        await FinishAsync(left);

        Assert.Single(client.Events.OfType<GoAwayEvent>());
        Assert.Equal([CloseReason.GoingAway], client.Closed);
    }

    [Fact]
    public async Task A_client_that_reads_nothing_is_not_waited_for()
    {
        var client = (await _world.ConnectedAsync(World.Device("bob"))).Stall();

        await FinishAsync(_world.Acceptor.LeaveAsync());

        Assert.Equal([CloseReason.GoingAway], client.Closed);
        Assert.Equal(0, _world.Connections.Count);
    }

    [Fact]
    public async Task It_is_not_over_while_a_connection_is_still_being_closed()
    {
        using var isClosed = new ManualResetEventSlim();
        var isClosing = new TaskCompletionSource();
        var client = await _world.ConnectedAsync(World.Device("bob"));
        client.Closing = () =>
        {
            isClosing.SetResult();
            isClosed.Wait(TestContext.Current.CancellationToken);
        };

        var left = _world.Acceptor.LeaveAsync();
        // A second passes, more than the connection has. Were the clock to run on while the connection gets no turn to close by itself, the clock's own thread
        // would close it, which is this one: it would be held up for ever.
        var steps = 20;
        await Wait.UntilAsync(() =>
        {
            if (steps-- > 0)
                _world.Clock.Advance(TimeSpan.FromMilliseconds(50));
            return isClosing.Task.IsCompleted;
        }, "the close");
        for (var passed = 0; passed < 200; passed++)
        {
            _world.Clock.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Yield();
        }
        var wasOver = left.IsCompleted;
        isClosed.Set();
        await FinishAsync(left);

        Assert.False(wasOver);
    }

    public void Dispose() => _world.Dispose();

    private async Task FinishAsync(Task left)
    {
        await Wait.UntilAsync(() =>
        {
            _world.Clock.Advance(TimeSpan.FromMilliseconds(50));
            return left.IsCompleted;
        }, "the leaving");
        await left;
    }

    // The node leaves between the look at whether it accepts and the table's taking it in.
    private sealed class LateClient(IConnections connections) : IClientConnection
    {
        public CloseReason? Closed { get; private set; }

        public List<ServerEvent> Events { get; } = [];

        public DeviceAddress Device
        {
            get
            {
                _ = connections.LeaveAsync();
                return World.Device("late");
            }
        }

        public ValueTask WriteAsync(IReadOnlyList<ServerEvent> events, CancellationToken ct)
        {
            Events.AddRange(events);
            return ValueTask.CompletedTask;
        }

        public void Close(CloseReason reason) => Closed = reason;
    }
}
