using System.Net;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Conversations;

public sealed class PresenceTests(SharedServer shared)
{
    [Fact]
    public async Task Subscribing_tells_the_state_at_once_and_then_its_changes()
    {
        var (watcher, watched) = await AcquaintedAsync();
        await using var client = await watcher.ConnectCaughtUpAsync();

        await client.PresenceAsync(new { subscribe = new[] { watched.UserId } });
        Assert.False((await ExpectAsync(client, watched)).Json.Flag("online"));

        await using (await watched.ConnectCaughtUpAsync())
            Assert.True((await ExpectAsync(client, watched)).Json.Flag("online"));

        var gone = await ExpectAsync(client, watched);
        Assert.False(gone.Json.Flag("online"));
        Assert.True(gone.Number("lastSeen") > 0);
    }

    [Fact]
    public async Task Who_shares_nothing_with_a_user_sees_nothing_of_it()
    {
        var (watcher, watched) = await AcquaintedAsync();
        var stranger = await shared.NewUserAsync("stranger");
        await using var strangerOnline = await stranger.ConnectCaughtUpAsync();
        await using var client = await watcher.ConnectCaughtUpAsync();

        await client.PresenceAsync(new { subscribe = new[] { stranger.UserId, "nobody-at-all", watched.UserId } });
        await ExpectAsync(client, watched);
        await client.PingAsync();

        Assert.Equal([watched.UserId], client.Received.All.Where(f => f.Type == "presence").Select(f => f.Text("userId")).Distinct());
    }

    [Fact]
    public async Task A_shared_group_makes_users_visible()
    {
        var watcher = await shared.NewUserAsync("watcher");
        var watched = await shared.NewUserAsync("watched");
        await watcher.CreateGroupAsync("Shared", watched);
        await using var online = await watched.ConnectCaughtUpAsync();
        await using var client = await watcher.ConnectCaughtUpAsync();

        await client.PresenceAsync(new { subscribe = new[] { watched.UserId } });

        Assert.True((await ExpectAsync(client, watched)).Json.Flag("online"));
    }

    [Fact]
    public async Task Unsubscribing_ends_it()
    {
        var (watcher, watched) = await AcquaintedAsync();
        var other = await shared.NewUserAsync("other");
        await watcher.CreateGroupAsync("Shared", other);
        await using var client = await watcher.ConnectCaughtUpAsync();
        await client.PresenceAsync(new { subscribe = new[] { watched.UserId, other.UserId } });
        await ExpectAsync(client, watched);
        await ExpectAsync(client, other);

        await client.PresenceAsync(new { unsubscribe = new[] { watched.UserId } });
        await client.PingAsync();
        await using var watchedOnline = await watched.ConnectCaughtUpAsync();
        await using var otherOnline = await other.ConnectCaughtUpAsync();

        Assert.True((await ExpectAsync(client, other)).Json.Flag("online"));
        Assert.Single(client.Received.All, f => f.Type == "presence" && f.Is("userId", watched.UserId));
    }

    [Fact]
    public async Task More_than_500_subscriptions_are_too_many()
    {
        var watcher = await shared.NewUserAsync("watcher");
        await using var client = await watcher.ConnectCaughtUpAsync();

        await client.PresenceAsync(new { subscribe = Enumerable.Range(0, 501).Select(i => $"user-{i}").ToArray() });

        await client.ExpectErrorAsync("too_large");
    }

    private static Task<Frame> ExpectAsync(WireClient client, Account of) => client.ExpectAsync("presence", p => p.Is("userId", of.UserId));

    /// <summary>A direct conversation with one message makes users visible to one another.</summary>
    private async Task<(Account Watcher, Account Watched)> AcquaintedAsync()
    {
        var watcher = await shared.NewUserAsync("watcher");
        var watched = await shared.NewUserAsync("watched");
        (await watched.Rest.SendMessageAsync(watcher.DirectTo(watched), "hello", "1")).Expect(HttpStatusCode.Created);
        return (watcher, watched);
    }
}
