using System.Net;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;
using Chat.Testing;

namespace Chat.EndToEnd.Tests.Delivery;

/// <summary>What is told beside messages, to users and devices on three servers: presence, through deaths and losses, changes of groups, and own settings.</summary>
[Collection(TestsOfSeveralServers.Name)]
public sealed class SeveralServersPresenceTests(SeveralServers shared) : IAsyncLifetime
{
    private ServerProcess One => shared.Servers[0];

    private ServerProcess Two => shared.Servers[1];

    private ServerProcess Three => shared.Servers[2];

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(Database.IsMissing, Database.Missing);
        Assert.SkipWhen(RedisServer.IsMissing, RedisServer.Missing);
        await shared.StartAsync();
    }

    public ValueTask DisposeAsync() => default;

    [Fact]
    public async Task Who_is_online_on_another_server_is_online_and_moving_from_server_to_server_is_not_seen()
    {
        var (watcher, alice) = await AcquaintedAsync();
        await using var client = await watcher.ConnectCaughtUpAsync();
        await using var onTwo = await alice.At(Two).ConnectCaughtUpAsync();

        await SeeOnlineAsync(client, alice);
        await using (await alice.At(Three).ConnectCaughtUpAsync())
        {
            await onTwo.Closed.WaitAsync(Until.Patience, TestContext.Current.CancellationToken);
            // Redis keeps nothing of it.
            await shared.Redis.CommandAsync("FLUSHALL");
        }
        var gone = await ExpectAsync(client, alice, isOnline: false);

        Assert.True(gone.Number("lastSeen") > 0);
        Assert.Equal([true, false], Told(client, alice));
        await using var back = await alice.At(Two).ConnectCaughtUpAsync();
        await ExpectAsync(client, alice, isOnline: true);
    }

    [Fact]
    public async Task The_users_of_a_server_that_is_killed_go_offline_but_those_who_connect_elsewhere()
    {
        var (watcher, alice) = await AcquaintedAsync();
        var bob = await KnownToAsync(watcher, "bob");
        await using var client = await watcher.ConnectCaughtUpAsync();
        await using var lost = await alice.At(Three).ConnectCaughtUpAsync();
        await using var moves = await bob.At(Three).ConnectCaughtUpAsync();
        await SeeOnlineAsync(client, alice);
        await SeeOnlineAsync(client, bob);

        await Three.KillHardAsync();
        try
        {
            await using var moved = await bob.At(Two).ConnectCaughtUpAsync();
            Assert.True((await ExpectAsync(client, alice, isOnline: false)).Number("lastSeen") > 0);
            Assert.Equal([true], Told(client, bob));
            // The time lasts: others are told it too.
            await using var other = await watcher.At(Two).ConnectCaughtUpAsync();
            await Until.TrueAsync(
                async () =>
                {
                    await other.PresenceAsync(new { subscribe = new[] { alice.UserId } });
                    return (await other.ExpectAsync("presence", state => state.Is("userId", alice.UserId))).Json.NumberOrNull("lastSeen") > 0;
                },
                "the time is stored");
        }
        finally
        {
            await Three.StartAgainAsync();
        }
    }

    [Fact]
    public async Task The_users_of_a_server_that_stands_still_for_three_leases_are_offline_and_online_again_where_they_connect()
    {
        var (watcher, alice) = await AcquaintedAsync();
        await using var client = await watcher.ConnectCaughtUpAsync();
        await using var stuck = await alice.At(Two).ConnectCaughtUpAsync();
        await SeeOnlineAsync(client, alice);

        Two.Pause();
        try
        {
            await ExpectAsync(client, alice, isOnline: false);
            var offline = TimeProvider.System.GetTimestamp();
            await Until.TrueAsync(
                () => TimeProvider.System.GetElapsedTime(offline) >= TimeSpan.FromMilliseconds(2 * Settings.LeaseMs), "three leases are over");
        }
        finally
        {
            Two.Continue();
        }
        await stuck.Closed.WaitAsync(Until.Patience, TestContext.Current.CancellationToken);
        await using var again = await alice.At(Three).ConnectCaughtUpAsync();

        await Until.TrueAsync(() => Told(client, alice)[^1], "alice is online");
        await again.CutAsync();
        await Until.TrueAsync(() => !Told(client, alice)[^1], "alice is offline");
    }

    [Fact]
    public async Task A_conversation_that_is_muted_through_one_server_is_muted_on_the_users_devices_at_the_others()
    {
        var alice = await Account.RegisterAsync(One, Account.UniqueId("alice"));
        var bob = await Account.RegisterAsync(One, Account.UniqueId("bob"));
        await using var tablet = await HubClient.ConnectAsync(await Account.LogInAsync(Three, alice.UserId, "tablet"));
        await tablet.ExpectAsync("caughtUp");
        await using var laptop = await (await Account.LogInAsync(Two, alice.UserId, "laptop")).ConnectCaughtUpAsync();
        await using var others = await bob.At(Two).ConnectCaughtUpAsync();
        var group = await alice.CreateGroupAsync("Noisy", bob);
        await laptop.ExpectAsync("conversation", change => change.Is("conversationId", group));

        // One after the other through all servers: the last one counts everywhere.
        foreach (var (server, until) in new[] { (One, 4_000_000_000_000), (Two, 4_000_000_000_001), (Three, 4_000_000_000_000) })
        {
            (await alice.At(server).Rest.PatchAsync($"/v1/conversations/{group}/mine", new { mutedUntil = until })).Expect(HttpStatusCode.OK);
            foreach (var device in new IChatClient[] { laptop, tablet })
                Assert.Equal(until, (await device.ExpectAsync("settings", settings => settings.Is("conversationId", group))).Number("mutedUntil"));
        }

        foreach (var server in shared.Servers)
        {
            var list = (await alice.At(server).Rest.GetAsync("/v1/conversations")).Expect(HttpStatusCode.OK).Items("conversations");
            Assert.Equal(4_000_000_000_000, Assert.Single(list).Number("mutedUntil"));
        }
        await others.PingAsync();
        Assert.DoesNotContain(others.Received.All, frame => frame.Type == "settings");
    }

    [Fact]
    public async Task Changes_of_a_group_are_told_to_its_members_devices_on_all_servers()
    {
        var alice = await Account.RegisterAsync(One, Account.UniqueId("alice"));
        var (bob, carol) = (await Account.RegisterAsync(Two, Account.UniqueId("bob")), await Account.RegisterAsync(Three, Account.UniqueId("carol")));
        await using var laptop = await (await Account.LogInAsync(Two, alice.UserId, "laptop")).ConnectCaughtUpAsync();
        await using var b = await bob.ConnectCaughtUpAsync();
        await using var c = await carol.ConnectCaughtUpAsync();

        var group = await alice.CreateGroupAsync("Walkers", bob);
        foreach (var member in new[] { laptop, b })
            await member.ExpectAsync("conversation", change => change.Is("conversationId", group) && change.Is("change", "created"));
        (await alice.Rest.PostAsync($"/v1/groups/{group}/members", new { members = new[] { carol.UserId } })).Expect2xx();
        foreach (var member in new[] { laptop, b, c })
            await member.ExpectAsync("conversation", change => change.Is("change", "memberAdded") && change.Is("userId", carol.UserId));
        await b.SendTextAsync(group, "welcome", "1");
        foreach (var member in new[] { laptop, c })
            await member.ExpectAsync("message", message => message.Is("conversationId", group));
        (await alice.Rest.PatchAsync($"/v1/groups/{group}", new { title = "Runners" })).Expect2xx();
        foreach (var member in new[] { laptop, b, c })
            await member.ExpectAsync("conversation", change => change.Is("change", "titleChanged"));
        (await alice.Rest.DeleteAsync($"/v1/groups/{group}/members/{bob.UserId}")).Expect2xx();
        foreach (var member in new[] { laptop, b, c })
            await member.ExpectAsync("conversation", change => change.Is("change", "memberRemoved") && change.Is("userId", bob.UserId));
    }

    // A server that is slow to answer is not waited for: what it says comes as a change.
    private static async Task SeeOnlineAsync(WireClient client, Account of)
    {
        await client.PresenceAsync(new { subscribe = new[] { of.UserId } });
        await ExpectAsync(client, of, isOnline: true);
    }

    private static Task<Frame> ExpectAsync(WireClient client, Account of, bool isOnline) =>
        client.ExpectAsync("presence", state => state.Is("userId", of.UserId) && state.Json.Flag("online") == isOnline);

    // From the first time that the user was online.
    private static List<bool> Told(WireClient client, Account of) =>
        [.. client.Received.All.Where(frame => frame.Type == "presence" && frame.Is("userId", of.UserId)).Select(frame => frame.Json.Flag("online")).SkipWhile(online => !online)];

    private async Task<(Account Watcher, Account Watched)> AcquaintedAsync()
    {
        var watcher = await Account.RegisterAsync(One, Account.UniqueId("watcher"));
        return (watcher, await KnownToAsync(watcher, "alice"));
    }

    private async Task<Account> KnownToAsync(Account watcher, string name)
    {
        var watched = await Account.RegisterAsync(One, Account.UniqueId(name));
        (await watched.Rest.SendMessageAsync(watcher.DirectTo(watched), "hello", "1")).Expect(HttpStatusCode.Created);
        return watched;
    }
}
