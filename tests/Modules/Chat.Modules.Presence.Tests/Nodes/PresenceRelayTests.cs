using Chat.BuildingBlocks.Ids;
using Chat.Modules.Presence.LastSeen;
using Chat.Testing;
using static Chat.Modules.Presence.Tests.PresenceServer;

namespace Chat.Modules.Presence.Tests.Nodes;

/// <summary>Who is online at another node is told as if it were here.</summary>
public sealed class PresenceRelayTests
{
    private static readonly string[] Users = ["watcher", "alice", "bob", "carol"];
    private static readonly DeviceAddress Watcher = Phone("watcher");

    [Fact]
    public async Task A_subscription_is_answered_with_the_states_at_all_nodes()
    {
        await using var cluster = await PresenceCluster.StartAsync(3, Users);
        cluster[1].Connect(Phone("alice"));
        cluster[2].Connect(Phone("bob"));

        var answer = await cluster.SubscribeAsync(0, Watcher, cluster[0].Connect(Watcher), ["alice", "bob", "carol"]);

        Assert.Equal([true, true, false], answer.Value.Select(state => state.Online));
    }

    [Fact]
    public async Task What_changes_at_one_node_is_told_at_another_and_when_the_user_was_last_seen()
    {
        await using var cluster = await PresenceCluster.StartAsync(2, Users);
        var connection = cluster[0].Connect(Watcher);
        await cluster.SubscribeAsync(0, Watcher, connection, ["alice"]);

        var alice = cluster[1].Connect(Phone("alice"));
        await ToldAsync(cluster, connection, "alice", [false, true]);
        cluster[1].Disconnect(Phone("alice"), alice);
        var left = cluster.Clock.GetUtcNow();
        cluster.Clock.Advance(PresenceCluster.Grace);

        await ToldAsync(cluster, connection, "alice", [false, true, false]);
        // Each node has a store of its own here.
        Assert.Equal(left, (await cluster[1].Get<LastSeenTimes>().GetAsync([User("alice")], TestContext.Current.CancellationToken))[User("alice")]);
    }

    [Fact]
    public async Task A_change_is_one_message_to_each_node_that_watches_the_user_however_many_connections_subscribe()
    {
        await using var cluster = await PresenceCluster.StartAsync(3, Users);
        for (var n = 0; n < 10; n++)
        {
            var device = new DeviceAddress(User("watcher"), DeviceId.Parse($"device-{n}"));
            await cluster.SubscribeAsync(0, device, cluster[0].Connect(device), ["alice"]);
        }
        // Asked of two nodes, which answered.
        var before = cluster.Network.Sent;

        cluster[1].Connect(Phone("alice"));
        cluster[1].Connect(new DeviceAddress(User("alice"), DeviceId.Parse("laptop")));
        cluster[1].Connect(Phone("bob"));

        Assert.Equal(1, cluster.Network.Sent - before);
        Assert.Equal(4, before);
    }

    [Fact]
    public async Task Nothing_more_comes_of_a_user_to_whom_nobody_subscribes_any_more()
    {
        await using var cluster = await PresenceCluster.StartAsync(2, Users);
        var connection = cluster[0].Connect(Watcher);
        await cluster.SubscribeAsync(0, Watcher, connection, ["alice", "bob"]);
        await cluster.SubscribeAsync(0, Watcher, connection, [], "alice");
        await cluster.SettleAsync();
        var before = cluster.Network.Sent;

        cluster[1].Connect(Phone("alice"));
        Assert.Equal(0, cluster.Network.Sent - before);
        cluster[1].Connect(Phone("bob"));
        Assert.Equal(1, cluster.Network.Sent - before);
    }

    [Fact]
    public async Task Who_moves_to_another_node_within_the_grace_is_not_told_as_offline()
    {
        await using var cluster = await PresenceCluster.StartAsync(3, Users);
        var connection = cluster[0].Connect(Watcher);
        var alice = cluster[1].Connect(Phone("alice"));
        await cluster.SubscribeAsync(0, Watcher, connection, ["alice"]);

        // The node leaves, and its clients connect elsewhere.
        cluster[1].Disconnect(Phone("alice"), alice);
        cluster.Kill(1);
        cluster.Network.RenewAll();
        cluster.Clock.Advance(PresenceCluster.Grace - TimeSpan.FromMilliseconds(1));
        cluster[1].Connect(Phone("alice"));
        cluster.Network.DeliverAll();
        cluster.Clock.Advance(2 * PresenceCluster.Grace);

        await cluster.AnnouncedAllAsync(0);
        Assert.Equal([true], cluster.Told(0, connection, "alice"));
    }

    [Fact]
    public async Task The_users_of_a_node_that_died_are_offline_after_the_grace_unless_they_have_connected_elsewhere()
    {
        await using var cluster = await PresenceCluster.StartAsync(3, Users);
        var connection = cluster[0].Connect(Watcher);
        cluster[1].Connect(Phone("alice"));
        cluster[1].Connect(Phone("bob"));
        await cluster.SubscribeAsync(0, Watcher, connection, ["alice", "bob"]);

        cluster.Clock.Advance(PresenceCluster.Lease);
        cluster.Kill(1);
        cluster.Network.RenewAll();
        var died = cluster.Clock.GetUtcNow();
        cluster[1].Connect(Phone("bob"));
        cluster.Network.DeliverAll();
        cluster.Clock.Advance(PresenceCluster.Grace);

        await ToldAsync(cluster, connection, "alice", [true, false]);
        Assert.Equal(died, cluster[0].AnnouncedOf("alice")[^1].State.LastSeen);
        Assert.Equal([true], cluster.Told(0, connection, "bob"));
        await Wait.UntilAsync(
            async () => (await cluster[0].Get<ILastSeenStore>().GetAsync([User("alice")], TestContext.Current.CancellationToken)).Values.Contains(died),
            "the time is stored");
    }

    [Fact]
    public async Task A_node_that_does_not_answer_holds_a_subscription_up_for_a_moment_and_what_it_knows_is_told_later()
    {
        await using var cluster = await PresenceCluster.StartAsync(3, Users);
        cluster[1].Connect(Phone("alice"));
        var connection = cluster[0].Connect(Watcher);
        cluster.Network.Losses = 100;

        var asked = cluster.Clock.GetUtcNow();
        await cluster.SubscribeAsync(0, Watcher, connection, ["alice"]);
        Assert.Equal(TimeSpan.FromMilliseconds(250), cluster.Clock.GetUtcNow() - asked);
        Assert.Equal([false], cluster.Told(0, connection, "alice"));

        cluster.Network.Losses = 0;
        await ToldAsync(cluster, connection, "alice", [false, true]);
    }

    [Fact]
    public async Task Who_is_subscribed_to_again_at_once_is_seen_at_a_node_that_joined_between()
    {
        await using var cluster = await PresenceCluster.StartAsync(2, Users);
        var connection = cluster[0].Connect(Watcher);
        await cluster.SubscribeAsync(0, Watcher, connection, ["alice"]);
        await cluster.SubscribeAsync(0, Watcher, connection, [], "alice");

        await cluster.AddAsync();
        cluster[2].Connect(Phone("alice"));
        await cluster.SubscribeAsync(0, Watcher, connection, ["alice"]);

        await Wait.UntilAsync(
            () =>
            {
                cluster.Network.DeliverAll();
                return cluster.Told(0, connection, "alice")[^1];
            },
            "alice is online");
    }

    [Fact]
    public async Task A_node_that_watches_more_than_is_remembered_is_told_every_change()
    {
        await using var cluster = await PresenceCluster.StartAsync(2, Users, settings: ("MaxRemoteInterests", 1));
        var connection = cluster[0].Connect(Watcher);
        await cluster.SubscribeAsync(0, Watcher, connection, ["alice", "bob"]);

        cluster[1].Connect(Phone("alice"));
        cluster[1].Connect(Phone("carol"));

        await ToldAsync(cluster, connection, "alice", [false, true]);
        Assert.Empty(cluster[0].AnnouncedOf("carol"));
    }

    [Fact]
    public async Task While_redis_is_away_users_elsewhere_stay_as_they_were()
    {
        await using var cluster = await PresenceCluster.StartAsync(2, Users);
        var connection = cluster[0].Connect(Watcher);
        cluster[1].Connect(Phone("alice"));
        await cluster.SubscribeAsync(0, Watcher, connection, ["alice"]);

        for (var n = 0; n < 2; n++)
            cluster.Network.LoseLease(cluster.NodeOf(n));
        cluster.Clock.Advance(10 * PresenceCluster.Lease);
        // One node comes back a little before the other.
        cluster.Network.GainLease(cluster.NodeOf(0));
        cluster.Clock.Advance(PresenceCluster.Grace + TimeSpan.FromSeconds(1));
        var sent = cluster.Network.Sent;
        cluster.Network.GainLease(cluster.NodeOf(1));
        // The first says whom it watches, the other answers.
        await Wait.UntilAsync(
            () =>
            {
                cluster.Network.RenewAll();
                cluster.Network.DeliverAll();
                return cluster.Network.Sent >= sent + 2;
            },
            "it is said again who is online");
        await cluster.SettleAsync();
        cluster.Clock.Advance(2 * PresenceCluster.Lease);

        await cluster.AnnouncedAllAsync(0);
        Assert.Equal([true], cluster.Told(0, connection, "alice"));
    }

    private static async Task ToldAsync(PresenceCluster cluster, ConnectionId connection, string user, bool[] states)
    {
        await Wait.UntilAsync(
            () =>
            {
                cluster.Network.RenewAll();
                cluster.Network.DeliverAll();
                return cluster.Told(0, connection, user).Count >= states.Length;
            },
            $"{user}'s states are told");
        Assert.Equal(states, cluster.Told(0, connection, user));
    }
}
