using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Presence.Contracts;
using Chat.Modules.Presence.Nodes;
using Chat.Testing;
using Microsoft.Extensions.Time.Testing;
using static Chat.Modules.Presence.Tests.PresenceServer;

namespace Chat.Modules.Presence.Tests.Nodes;

/// <summary>Servers that a bus connects, and the clock of all of them. Everybody shares a group with everybody.</summary>
internal sealed class PresenceCluster : IAsyncDisposable
{
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(6);

    private readonly (string, int)[] _settings;
    private readonly string[] _users;
    private readonly List<Member> _members = [];
    private readonly List<PresenceServer> _dead = [];

    private PresenceCluster(int seed, string[] users, (string, int)[] settings)
    {
        (_users, _settings) = (users, settings);
        Network = new FakeNetwork(seed);
    }

    public FakeNetwork Network { get; }

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public int Count => _members.Count;

    public PresenceServer this[int index] => _members[index].Server;

    public static async Task<PresenceCluster> StartAsync(int nodes, string[] users, int seed = 0, params (string, int)[] settings)
    {
        var cluster = new PresenceCluster(seed, users, settings);
        for (var i = 0; i < nodes; i++)
            await cluster.AddAsync();
        await cluster.SettleAsync();
        return cluster;
    }

    public FakeServer NodeOf(int index) => _members[index].Node;

    public async Task AddAsync()
    {
        var node = Network.Add();
        var server = await PresenceServer.StartAsync(node, Clock, _settings);
        server.HaveGroup(_users);
        _members.Add(new Member(node, server));
        Network.GainLease(node);
        Network.RenewAll();
    }

    /// <summary>The server dies and tells nobody. The others see it when they next renew their leases.</summary>
    public void Kill(int index)
    {
        var (node, server) = _members[index];
        Network.Kill(node);
        _members.RemoveAt(index);
        _dead.Add(server);
    }

    /// <summary>Subscribes, while messages go their ways. Keeps the answer among the server's events.</summary>
    public async Task<Result<IReadOnlyList<PresenceState>>> SubscribeAsync(int index, DeviceAddress from, ConnectionId connection, string[] subscribe, params string[] unsubscribe)
    {
        var server = this[index];
        var subscribing = server.SubscribeAsync(from, connection, subscribe, unsubscribe);
        while (server.Get<RemoteUsers>().IsAsking)
        {
            if (!Network.DeliverOne())
                Clock.Advance(TimeSpan.FromMilliseconds(250));
        }
        // Nothing changes until the answer is there.
        var answer = await subscribing;
        await server.Others.Publish(new Answered(connection, answer.Value), CancellationToken.None);
        return answer;
    }

    /// <summary>Delivers and lets time pass until all that was to be said again has been.</summary>
    public async Task SettleAsync()
    {
        for (var round = 0; round < 3; round++)
        {
            Network.RenewAll();
            Network.DeliverAll();
            for (var look = 0; look < 20; look++)
            {
                await Task.Yield();
                Network.DeliverAll();
            }
            Clock.Advance(TimeSpan.FromSeconds(1));
        }
    }

    /// <inheritdoc cref="PresenceServer.AnnouncedAllAsync"/>
    public async Task AnnouncedAllAsync(int index)
    {
        var announced = this[index].AnnouncedAllAsync();
        await Wait.UntilAsync(
            () =>
            {
                Network.DeliverAll();
                return announced.IsCompleted;
            },
            "all is announced");
        await announced;
    }

    /// <summary>What a connection was told of a user, one state after the other.</summary>
    public IReadOnlyList<bool> Told(int index, ConnectionId connection, string user)
    {
        var told = new List<bool>();
        foreach (var published in this[index].Others.Published)
        {
            if (published is Answered answer && answer.Connection == connection)
                told.AddRange(answer.States.Where(state => state.User == User(user)).Select(state => state.Online));
            else if (published is PresenceChanged change && change.State.User == User(user) && change.Subscribers.Any(subscriber => subscriber.Connection == connection))
                told.Add(change.State.Online);
        }
        return told;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _members.Select(member => member.Server).Concat(_dead))
            await server.DisposeAsync();
    }

    private sealed record Member(FakeServer Node, PresenceServer Server);

    private sealed record Answered(ConnectionId Connection, IReadOnlyList<PresenceState> States) : MediatR.INotification;
}
