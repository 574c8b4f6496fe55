using Chat.BuildingBlocks.Ids;
using Chat.Modules.Presence.LastSeen;
using Chat.Modules.Presence.Nodes;
using Chat.Modules.Presence.Online;
using Chat.Modules.Presence.Watching;
using Chat.Testing;
using Microsoft.Extensions.Options;
using static Chat.Modules.Presence.Tests.PresenceServer;

namespace Chat.Modules.Presence.Tests.Online;

public sealed class OnlineUsersTests
{
    private static readonly DeviceAddress Watcher = Phone("watcher");
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);
    private static readonly Dictionary<UserId, DateTimeOffset> NoTimes = [];

    [Fact]
    public async Task Coming_online_is_announced_at_once()
    {
        await using var server = await WatchedAsync("alice");

        server.Connect(Phone("alice"));

        await server.AnnouncedAllAsync();
        var change = Assert.Single(server.AnnouncedOf("alice"));
        Assert.True(change.State.Online);
        Assert.Null(change.State.LastSeen);
        Assert.Equal(Watcher, Assert.Single(change.Subscribers).Device);
    }

    [Fact]
    public async Task Going_offline_is_announced_after_the_grace_with_the_time_the_last_connection_ended()
    {
        await using var server = await WatchedAsync("alice");
        var connection = server.Connect(Phone("alice"));
        server.Disconnect(Phone("alice"), connection);
        var left = server.Clock.GetUtcNow();

        server.Clock.Advance(Grace - TimeSpan.FromMilliseconds(1));
        await server.AnnouncedAllAsync();
        Assert.True(Assert.Single(server.AnnouncedOf("alice")).State.Online);

        server.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await server.AnnouncedAllAsync();
        var state = server.AnnouncedOf("alice")[1].State;
        Assert.False(state.Online);
        Assert.Equal(left, state.LastSeen);
    }

    [Fact]
    public async Task A_return_within_the_grace_is_no_news()
    {
        await using var server = await WatchedAsync("alice");
        for (var n = 0; n < 10; n++)
        {
            server.Disconnect(Phone("alice"), server.Connect(Phone("alice")));
            server.Clock.Advance(Grace / 2);
        }
        server.Connect(Phone("alice"));

        server.Clock.Advance(Grace * 2);

        await server.AnnouncedAllAsync();
        Assert.True(Assert.Single(server.AnnouncedOf("alice")).State.Online);
    }

    [Fact]
    public async Task The_grace_begins_anew_with_each_departure()
    {
        await using var server = await WatchedAsync("alice");
        server.Disconnect(Phone("alice"), server.Connect(Phone("alice")));
        server.Clock.Advance(Grace - TimeSpan.FromMilliseconds(1));
        server.Disconnect(Phone("alice"), server.Connect(Phone("alice")));

        server.Clock.Advance(Grace - TimeSpan.FromMilliseconds(1));

        Assert.True(StateOf(server, "alice"));
        server.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(StateOf(server, "alice"));
    }

    [Fact]
    public void A_timer_that_went_off_while_the_user_came_back_ends_nothing()
    {
        using var meters = new TestMeters();
        var clock = new TimersByHand();
        var (options, metrics) = (Options.Create(new PresenceOptions()), new PresenceMetrics(meters));
        var (subscriptions, alone) = (new Subscriptions(options, metrics), new FakeNetwork().Add());
        var online = new OnlineUsers(
            new Announcements(subscriptions, options, metrics), new LastSeenTimes(null!, options, metrics),
            new RemoteUsers(subscriptions, alone, alone, options, metrics, clock), new RemoteInterests(alone, alone, options, metrics), options, metrics, clock);
        for (var connection = 1; connection <= 2; connection++)
        {
            online.Connect(User("alice"), new ConnectionId(connection));
            online.Disconnect(User("alice"), new ConnectionId(connection));
        }

        clock.Timers[0]();
        Assert.True(online.StateOf(User("alice"), NoTimes).Online);

        clock.Timers[1]();
        Assert.False(online.StateOf(User("alice"), NoTimes).Online);
    }

    [Fact]
    public async Task A_device_whose_new_connection_comes_before_the_old_one_ends_stays_online()
    {
        await using var server = await WatchedAsync("alice");
        var old = server.Connect(Phone("alice"));
        var replacement = server.Connect(Phone("alice"));

        server.Disconnect(Phone("alice"), old);
        server.Clock.Advance(Grace * 2);

        await server.AnnouncedAllAsync();
        Assert.True(Assert.Single(server.AnnouncedOf("alice")).State.Online);
        server.Disconnect(Phone("alice"), replacement);
        server.Clock.Advance(Grace);
        Assert.False(StateOf(server, "alice"));
    }

    [Fact]
    public async Task A_user_is_online_while_any_device_is()
    {
        await using var server = await WatchedAsync("alice");
        var laptop = new DeviceAddress(User("alice"), DeviceId.Parse("laptop"));
        var phone = server.Connect(Phone("alice"));
        var second = server.Connect(laptop);

        server.Disconnect(Phone("alice"), phone);
        server.Clock.Advance(Grace * 2);
        Assert.True(StateOf(server, "alice"));

        server.Disconnect(laptop, second);
        server.Clock.Advance(Grace * 2);
        Assert.False(StateOf(server, "alice"));
    }

    [Fact]
    public async Task Without_a_grace_a_departure_is_announced_at_once()
    {
        await using var server = await WatchedAsync("alice", ("OfflineGraceMs", 0));
        server.Disconnect(Phone("alice"), server.Connect(Phone("alice")));

        server.Clock.Advance(TimeSpan.Zero);

        await server.AnnouncedAllAsync();
        Assert.False(server.AnnouncedOf("alice")[^1].State.Online);
    }

    [Fact]
    public async Task However_connections_come_and_go_on_many_threads_nobody_stays_who_has_left()
    {
        await using var server = await StartAsync();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(() =>
        {
            for (var n = 0; n < 2_000; n++)
            {
                var device = Phone($"user{(n + thread) % 20}");
                server.Disconnect(device, server.Connect(device));
                if (n % 50 == 0)
                    server.Clock.Advance(Grace / 4);
            }
        })));
        var stays = server.Connect(Phone("user0"));
        server.Clock.Advance(Grace);

        Assert.True(StateOf(server, "user0"));
        Assert.True(server.Get<OnlineUsers>().IsConnected(User("user0"), stays));
        Assert.All(Enumerable.Range(1, 19), n => Assert.False(StateOf(server, $"user{n}")));
    }

    private static async Task<PresenceServer> WatchedAsync(string user, params (string, int)[] settings)
    {
        var server = await StartAsync(settings);
        server.HaveDirectConversation("watcher", user);
        await server.SubscribeAsync(Watcher, server.Connect(Watcher), [user]);
        return server;
    }

    private static bool StateOf(PresenceServer server, string user) =>
        server.Get<OnlineUsers>().StateOf(User(user), NoTimes).Online;

    /// <summary>Timers that go off when the test says so, though they were disposed of: the callback was on its way already.</summary>
    private sealed class TimersByHand : TimeProvider
    {
        public List<Action> Timers { get; } = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Timers.Add(() => callback(state));
            return new Inert();
        }

        private sealed class Inert : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
