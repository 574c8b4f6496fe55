using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Nodes;
using Chat.Testing;
using static Chat.Modules.Presence.Tests.PresenceServer;

namespace Chat.Modules.Presence.Tests.Nodes;

/// <summary>
/// Three nodes: users come, go and move, subscriptions begin and end, messages are lost and come twice, leases end, nodes die, clocks jump. When all is quiet again, what each
/// subscriber was told last is the truth.
/// </summary>
public sealed class PresenceProperties
{
    private const int Steps = 150;

    private static readonly string[] Users = [.. Enumerable.Range(0, 6).Select(number => $"user{number}")];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, int.Parse(Environment.GetEnvironmentVariable("CHAT_PRESENCE_SEEDS") ?? "15", System.Globalization.CultureInfo.InvariantCulture))];

    [Theory, MemberData(nameof(Seeds))]
    public async Task What_each_subscriber_was_told_last_is_the_truth(int seed)
    {
        var random = new Random(seed);
        await using var cluster = await PresenceCluster.StartAsync(3, Users, seed, ("MaxRemoteInterests", random.Next(2) == 0 ? 4 : 1_000));
        var connections = new List<Connected>();
        cluster.Network.Doubles = 10;

        for (var step = 0; step < Steps; step++)
            await StepAsync(cluster, connections, random);

        cluster.Network.Losses = 0;
        for (var n = 0; n < cluster.Count; n++)
        {
            if (!cluster.NodeOf(n).HoldsLease)
                cluster.Network.GainLease(cluster.NodeOf(n));
        }
        await cluster.SettleAsync();
        cluster.Clock.Advance(PresenceCluster.Lease + PresenceCluster.Grace);
        // The servers work in the background; so many rounds last some seconds at least.
        var rounds = 0;
        await Wait.UntilAsync(
            async () =>
            {
                await cluster.SettleAsync();
                return !Wrong(cluster, connections).Any() || ++rounds == 3_000;
            },
            "what was told is true");
        await cluster.SettleAsync();
        Assert.Empty(Wrong(cluster, connections));
    }

    private static async Task StepAsync(PresenceCluster cluster, List<Connected> connections, Random random)
    {
        var index = random.Next(cluster.Count);
        var server = cluster[index];
        switch (random.Next(20))
        {
            case < 5:
                var device = Phone(Users[random.Next(Users.Length)]);
                connections.Add(new Connected(server, device, server.Connect(device)));
                break;
            case < 9 when connections.Count > 0:
                var ended = connections[random.Next(connections.Count)];
                connections.Remove(ended);
                ended.Server.Disconnect(ended.Device, ended.Connection);
                break;
            case < 14 when connections.Count > 0:
                var one = connections[random.Next(connections.Count)];
                var (more, fewer) = (random.GetItems(Users, 3), random.GetItems(Users, 1));
                one.Watched.ExceptWith(fewer);
                one.Watched.UnionWith(more);
                await cluster.SubscribeAsync(IndexOf(cluster, one.Server), one.Device, one.Connection, more, fewer);
                break;
            case 14:
                cluster.Clock.Advance(TimeSpan.FromMilliseconds(random.Next(5_000)));
                break;
            case 15:
                cluster.Network.Losses = random.Next(3) * 30;
                break;
            case 16:
                cluster.Network.LoseLease(cluster.NodeOf(index), random.Next(2) == 0 ? LeaseLoss.StoodStill : LeaseLoss.RedisUnreachable);
                break;
            case 17 when !cluster.NodeOf(index).HoldsLease:
                cluster.Network.GainLease(cluster.NodeOf(index));
                break;
            case 18 when random.Next(3) == 0:
                cluster.Kill(index);
                connections.RemoveAll(connection => connection.Server == server);
                await cluster.AddAsync();
                break;
            case 19:
                cluster.Clock.AdjustTime(cluster.Clock.GetUtcNow() + TimeSpan.FromMinutes(random.Next(-60, 60)));
                break;
        }
        if (random.Next(3) == 0)
            cluster.Network.Renew(cluster.NodeOf(random.Next(cluster.Count)));
        for (var messages = random.Next(6); messages > 0; messages--)
            cluster.Network.DeliverOne();
    }

    private static IEnumerable<string> Wrong(PresenceCluster cluster, List<Connected> connections) =>
        from one in connections
        from user in one.Watched
        let isOnline = connections.Any(other => other.Device.User == User(user))
        let told = cluster.Told(IndexOf(cluster, one.Server), one.Connection, user)
        where told.Count == 0 || told[^1] != isOnline
        select $"{user} to {one.Device.User} at {IndexOf(cluster, one.Server)}: told {string.Join(' ', told)}, is {isOnline}";

    private static int IndexOf(PresenceCluster cluster, PresenceServer server) => Enumerable.Range(0, cluster.Count).First(index => cluster[index] == server);

    private sealed record Connected(PresenceServer Server, DeviceAddress Device, ConnectionId Connection)
    {
        public HashSet<string> Watched { get; } = [];
    }
}
