using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Presence.Contracts;
using Chat.Modules.Presence.LastSeen;
using Chat.Modules.Presence.Watching;
using Chat.Testing;
using static Chat.Modules.Presence.Tests.PresenceServer;

namespace Chat.Modules.Presence.Tests.Watching;

public sealed class SubscribingTests
{
    private static readonly DeviceAddress Me = Phone("me");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory, InlineData(0, 1), InlineData(24, 1), InlineData(25, 2), InlineData(500, 21)]
    public void A_subscription_costs_by_the_users_that_it_names(int users, int cost)
    {
        var named = Enumerable.Range(0, users).Select(i => UserId.Parse($"u{i}")).ToList();

        IRateLimited subscribe = new SubscribePresence(Me, new ConnectionId(1), named, []);
        IRateLimited unsubscribe = new SubscribePresence(Me, new ConnectionId(1), [], named);

        Assert.Equal((cost, cost), (subscribe.Cost, unsubscribe.Cost));
    }

    [Fact]
    public async Task Group_mates_partners_and_oneself_are_answered_and_strangers_are_not()
    {
        await using var server = await StartAsync();
        server.HaveGroup("me", "mate");
        server.HaveDirectConversation("me", "partner");
        server.Connect(Phone("mate"));
        server.Connect(Phone("stranger"));
        var connection = server.Connect(Me);

        var answer = await server.SubscribeAsync(Me, connection, ["mate", "partner", "stranger", "me", "mate"]);

        Assert.Equal(
            [new PresenceState(User("mate"), true, null), new PresenceState(User("partner"), false, null), new PresenceState(User("me"), true, null)],
            answer.Value);
    }

    [Fact]
    public async Task An_absent_user_is_answered_with_the_time_it_was_last_seen()
    {
        await using var server = await StartAsync();
        server.HaveGroup("me", "just-left", "left-long-ago");
        var longAgo = server.Clock.GetUtcNow().AddDays(-3);
        await server.Get<ILastSeenStore>().SaveAsync([new(User("left-long-ago"), longAgo)], Ct);
        server.Disconnect(Phone("just-left"), server.Connect(Phone("just-left")));
        var justNow = server.Clock.GetUtcNow();
        server.Clock.Advance(TimeSpan.FromSeconds(5));

        var answer = await server.SubscribeAsync(Me, server.Connect(Me), ["just-left", "left-long-ago"]);

        Assert.Equal([justNow, longAgo], answer.Value.Select(state => state.LastSeen));
    }

    [Fact]
    public async Task A_change_that_could_not_be_announced_is_announced_later()
    {
        await using var server = await StartAsync();
        server.HaveGroup("me", "mate");
        await server.SubscribeAsync(Me, server.Connect(Me), ["mate"]);
        server.Others.FailNextEvent();

        server.Connect(Phone("mate"));
        await Wait.UntilAsync(
            () =>
            {
                server.Clock.Advance(TimeSpan.FromSeconds(1));
                return server.AnnouncedOf("mate").Count > 0;
            },
            "the change is announced");

        Assert.True(Assert.Single(server.AnnouncedOf("mate")).State.Online);
    }

    [Fact]
    public async Task A_user_within_the_grace_is_answered_as_online_as_the_others_were_told()
    {
        await using var server = await StartAsync();
        server.HaveGroup("me", "mate");
        server.Disconnect(Phone("mate"), server.Connect(Phone("mate")));

        var answer = await server.SubscribeAsync(Me, server.Connect(Me), ["mate"]);

        Assert.True(Assert.Single(answer.Value).Online);
    }

    [Fact]
    public async Task A_stranger_who_becomes_visible_later_is_not_told_of_until_asked_for_again()
    {
        await using var server = await StartAsync();
        var connection = server.Connect(Me);
        await server.SubscribeAsync(Me, connection, ["stranger"]);
        server.HaveGroup("me", "stranger");
        var first = server.Connect(Phone("stranger"));

        await server.AnnouncedAllAsync();
        Assert.Empty(server.AnnouncedOf("stranger"));

        await server.SubscribeAsync(Me, connection, ["stranger"]);
        server.Disconnect(Phone("stranger"), first);
        server.Clock.Advance(TimeSpan.FromSeconds(2));
        await server.AnnouncedAllAsync();
        Assert.Single(server.AnnouncedOf("stranger"));
    }

    [Fact]
    public async Task All_subscribers_are_told_in_one_event_each_connection_once()
    {
        await using var server = await StartAsync();
        server.HaveGroup("me", "other", "mate");
        var connections = new[] { (Me, server.Connect(Me)), (Me, server.Connect(Me)), (Phone("other"), server.Connect(Phone("other"))) };
        foreach (var (device, connection) in connections)
        {
            await server.SubscribeAsync(device, connection, ["mate"]);
            await server.SubscribeAsync(device, connection, ["mate"]);
        }

        server.Connect(Phone("mate"));

        await server.AnnouncedAllAsync();
        Assert.Equal(
            connections.Select(c => new Subscriber(c.Item1, c.Item2)).ToHashSet(),
            Assert.Single(server.AnnouncedOf("mate")).Subscribers.ToHashSet());
        Assert.Equal(3, server.AnnouncedOf("mate")[0].Subscribers.Count);
    }

    [Fact]
    public async Task Who_unsubscribes_is_not_told_any_more()
    {
        await using var server = await StartAsync();
        server.HaveGroup("me", "mate");
        var connection = server.Connect(Me);
        await server.SubscribeAsync(Me, connection, ["mate"]);

        await server.SubscribeAsync(Me, connection, [], "mate", "never-subscribed");

        server.Connect(Phone("mate"));
        await server.AnnouncedAllAsync();
        Assert.Empty(server.AnnouncedOf("mate"));
    }

    [Fact]
    public async Task Subscriptions_end_with_their_connection_and_leave_the_devices_new_one_alone()
    {
        await using var server = await StartAsync();
        server.HaveGroup("me", "mate");
        var old = server.Connect(Me);
        await server.SubscribeAsync(Me, old, ["mate"]);
        var replacement = server.Connect(Me);
        await server.SubscribeAsync(Me, replacement, ["mate"]);

        server.Disconnect(Me, old);
        server.Connect(Phone("mate"));
        await server.AnnouncedAllAsync();
        Assert.Equal(replacement, Assert.Single(Assert.Single(server.AnnouncedOf("mate")).Subscribers).Connection);

        server.Disconnect(Me, replacement);
        Assert.False(server.Get<Subscriptions>().IsWatched(User("mate")));
    }

    [Fact]
    public async Task A_connection_may_subscribe_before_its_own_event_has_come()
    {
        await using var server = await StartAsync();
        server.HaveGroup("me", "mate");
        var ahead = new ConnectionId(1);
        await server.SubscribeAsync(Me, ahead, ["mate"]);

        Assert.Equal(ahead, server.Connect(Me));
        server.Clock.Advance(Patience);
        await LetStraysGoAsync(server);

        server.Connect(Phone("mate"));
        await server.AnnouncedAllAsync();
        Assert.Equal(ahead, Assert.Single(Assert.Single(server.AnnouncedOf("mate")).Subscribers).Connection);
    }

    [Fact]
    public async Task A_command_that_outlives_its_connection_leaves_nothing_behind_for_long()
    {
        await using var server = await StartAsync();
        server.HaveGroup("me", "mate");
        var connection = server.Connect(Me);
        server.Disconnect(Me, connection);

        var answer = await server.SubscribeAsync(Me, connection, ["mate"]);
        server.Clock.Advance(Patience);
        await LetStraysGoAsync(server);

        Assert.Single(answer.Value);
        Assert.False(server.Get<Subscriptions>().IsWatched(User("mate")));
    }

    [Fact]
    public async Task Subscribing_and_disconnecting_at_once_leaves_nothing_behind_for_long()
    {
        await using var server = await StartAsync();
        server.HaveGroup("me", "mate");
        for (var n = 0; n < 300; n++)
        {
            var connection = server.Connect(Me);
            using var start = new Barrier(2);
            await Task.WhenAll(
                Task.Run(() => { start.SignalAndWait(Ct); return server.SubscribeAsync(Me, connection, ["mate"]); }, Ct),
                Task.Run(() => { start.SignalAndWait(Ct); server.Disconnect(Me, connection); }, Ct));
        }

        server.Clock.Advance(Patience);
        await LetStraysGoAsync(server);

        Assert.False(server.Get<Subscriptions>().IsWatched(User("mate")));
    }

    [Fact]
    public async Task More_than_the_limit_on_a_connection_is_refused_and_changes_nothing()
    {
        await using var server = await StartAsync(("MaxSubscriptionsPerConnection", 3));
        server.HaveGroup("me", "a", "b", "c", "d");
        var connection = server.Connect(Me);
        await server.SubscribeAsync(Me, connection, ["a", "b"]);

        var refused = await server.SubscribeAsync(Me, connection, ["c", "d"], "stranger");
        var exchanged = await server.SubscribeAsync(Me, connection, ["c", "d"], "a");

        Assert.Equal(ErrorCodes.TooLarge, refused.Error?.Code);
        Assert.True(exchanged.IsOk);
        Assert.False(server.Get<Subscriptions>().IsWatched(User("a")));
    }

    [Fact]
    public async Task Who_is_not_visible_takes_no_room()
    {
        await using var server = await StartAsync(("MaxSubscriptionsPerConnection", 2));
        server.HaveGroup("me", "a", "b");
        var connection = server.Connect(Me);
        await server.SubscribeAsync(Me, connection, ["stranger", "a"]);

        Assert.True((await server.SubscribeAsync(Me, connection, ["b"])).IsOk);
    }

    [Fact]
    public async Task A_list_above_the_limit_is_refused_before_anything_is_looked_up()
    {
        await using var server = await StartAsync();

        var answer = await server.SubscribeAsync(Me, server.Connect(Me), Enumerable.Range(0, 501).Select(n => $"user{n}"));

        Assert.Equal(ErrorCodes.TooLarge, answer.Error?.Code);
        Assert.Equal(0, server.GroupChecks);
    }

    [Fact]
    public async Task When_the_node_has_no_room_it_says_so_and_goes_on_when_there_is_some()
    {
        await using var server = await StartAsync(("MaxSubscriptions", 2));
        server.HaveGroup("me", "other", "a", "b");
        var first = server.Connect(Me);
        await server.SubscribeAsync(Me, first, ["a", "b"]);
        var other = server.Connect(Phone("other"));

        Assert.Equal(ErrorCodes.Unavailable, (await server.SubscribeAsync(Phone("other"), other, ["a"])).Error?.Code);

        server.Disconnect(Me, first);
        Assert.True((await server.SubscribeAsync(Phone("other"), other, ["a"])).IsOk);
    }

    /// <summary>Strays are looked at with each command.</summary>
    private static async Task LetStraysGoAsync(PresenceServer server) =>
        await server.SubscribeAsync(Phone("another"), server.Connect(Phone("another")), []);
}
