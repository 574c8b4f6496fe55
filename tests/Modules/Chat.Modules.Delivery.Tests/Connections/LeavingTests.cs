using Chat.Modules.Delivery.Connections;
using Chat.Modules.Delivery.Contracts;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chat.Modules.Delivery.Tests.Connections;

public sealed class LeavingTests : IDisposable
{
    private readonly World _world = new(new DeliveryOptions { DrainClosesPerSecond = 10, DrainMs = 5_000 });

    [Fact]
    public async Task Every_client_is_told_when_and_closed_no_sooner_and_none_is_taken_in()
    {
        var ct = TestContext.Current.CancellationToken;
        var clients = new List<Client>();
        for (var i = 0; i < 20; i++)
            clients.Add(await _world.ConnectedAsync(World.Device($"user{i}")));
        var leaving = new Leaving(_world.Connections, _world.Options, _world.Clock, NullLogger<Leaving>.Instance);

        var left = leaving.StoppingAsync(ct);
        await _world.SettleAsync();

        Assert.False(_world.Connections.IsAccepting);
        Assert.Null(_world.Connections.Attach(new Client(World.Device("late")), new Welcome()));
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
        await new Leaving(_world.Connections, _world.Options, _world.Clock, NullLogger<Leaving>.Instance).StoppingAsync(TestContext.Current.CancellationToken);

        Assert.False(_world.Connections.IsAccepting);
    }

    public void Dispose() => _world.Dispose();
}
