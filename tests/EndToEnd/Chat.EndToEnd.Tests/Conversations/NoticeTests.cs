using System.Net;
using System.Text.Json;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;
using Chat.Testing;

namespace Chat.EndToEnd.Tests.Conversations;

/// <summary>What happens to a group stands in its log, for those who are there and those who come later, and is no message.</summary>
[Collection(TestsOfSeveralServers.Name)]
public sealed class NoticeTests(SharedServer shared, SeveralServers several)
{
    [Fact]
    public async Task What_happens_to_a_group_is_told_in_its_place_through_every_transport()
    {
        var server = await shared.GetAsync();

        await PlayAsync(server, server, server);
    }

    [Fact]
    public async Task The_same_on_several_servers_of_one_database()
    {
        Assert.SkipWhen(Database.IsMissing, Database.Missing);
        Assert.SkipWhen(RedisServer.IsMissing, RedisServer.Missing);
        await several.StartAsync();

        await PlayAsync(several.Servers[0], several.Servers[1], several.Servers[2]);
    }

    // Alice is on /ws at one server, bob on the hub at another, carol at a third.
    private static async Task PlayAsync(ServerProcess one, ServerProcess two, ServerProcess three)
    {
        var alice = await Account.RegisterAsync(one, Account.UniqueId("alice"));
        var bob = await Account.RegisterAsync(two, Account.UniqueId("bob"));
        var carol = await Account.RegisterAsync(three, Account.UniqueId("carol"));
        await using var wire = await alice.ConnectCaughtUpAsync();
        await using var hub = await HubClient.ConnectAsync(bob, messagePack: true);
        await hub.ExpectAsync("caughtUp");
        await using var late = await carol.ConnectCaughtUpAsync();

        var group = await alice.CreateGroupAsync("Walkers", bob);
        foreach (var client in new IChatClient[] { wire, hub })
        {
            var created = await client.ExpectAsync("change", Is("created"));
            Assert.Equal(("notice", 1, alice.UserId, "Walkers"), (created.Text("kind"), created.Number("seqNo"), created.Text("senderId"), created.Text("value")));
            Assert.Equal([bob.UserId], created.Json.Items("userIds").Select(user => user.GetString()!));
            Assert.False(created.Json.TryGetProperty("target", out _) || created.Json.TryGetProperty("clientMsgId", out _));
        }
        await wire.SendTextAsync(group, "hello", "1");
        (await alice.Rest.PatchAsync($"/v1/groups/{group}", new { title = "Runners" })).Expect(HttpStatusCode.OK);
        await hub.ExpectAsync("change", frame => Is("titleChanged")(frame) && frame.Is("value", "Runners"));

        (await alice.Rest.PostAsync($"/v1/groups/{group}/members", new { members = new[] { carol.UserId } })).Expect(HttpStatusCode.OK);
        var added = await late.ExpectAsync("change", frame => frame.Is("conversationId", group));
        Assert.Equal(("memberAdded", 4), (added.Text("what"), added.Number("seqNo")));
        Assert.Equal([carol.UserId], added.Json.Items("userIds").Select(user => user.GetString()!));
        (await alice.Rest.PatchAsync($"/v1/groups/{group}/members/{carol.UserId}", new { role = "admin" })).Expect(HttpStatusCode.OK);
        await late.ExpectAsync("change", frame => Is("roleChanged")(frame) && frame.Is("userId", carol.UserId) && frame.Is("value", "admin"));
        (await alice.Rest.DeleteAsync($"/v1/groups/{group}/members/{carol.UserId}")).Expect(HttpStatusCode.NoContent);
        await late.ExpectAsync("conversation", frame => frame.Is("change", "memberRemoved") && frame.Is("userId", carol.UserId));
        await hub.ExpectAsync("change", frame => Is("memberRemoved")(frame) && frame.Is("userId", carol.UserId));
        (await bob.Rest.DeleteAsync($"/v1/groups/{group}/members/{bob.UserId}")).Expect(HttpStatusCode.NoContent);
        await wire.ExpectAsync("change", frame => Is("left")(frame) && frame.Is("userId", bob.UserId) && frame.Is("senderId", bob.UserId));
        await late.PingAsync();
        Assert.DoesNotContain(late.Received.All, frame => Is("memberRemoved")(frame));
        await hub.SyncAsync(new { conversationId = alice.DirectTo(bob), after = 0, limit = 1 });
        Assert.DoesNotContain(hub.Received.All, frame => Is("left")(frame));

        string[] all = ["created 1", "titleChanged 3", "memberAdded 4", "roleChanged 5", "memberRemoved 6", "left 7"];
        var page = (await alice.Rest.GetAsync($"/v1/conversations/{group}/messages")).Expect(HttpStatusCode.OK);
        Assert.Equal(all, page.Items("changes").Select(Told));
        Assert.Equal(all, (await wire.SyncAsync(new { conversationId = group, after = 0 })).Items("changes").Select(Told));
        Assert.Equal((1, 7), (page.Items("messages").Count, page.Number("nextAfter")));
        var listed = (await alice.Rest.GetAsync("/v1/conversations")).Expect(HttpStatusCode.OK).Items("conversations").Single(entry => entry.Text("conversationId") == group);
        Assert.Equal((7, 0, "hello"), (listed.Number("maxSeqNo"), listed.Number("unreadCount"), listed.GetProperty("lastMessage").Text("text")));

        // Whoever was away learns of it; an ack of the last covers all.
        await wire.DisposeAsync();
        await using (var again = await alice.ConnectCaughtUpAsync())
        {
            Assert.Equal(all, again.Received.All.Where(frame => frame.Type == "change").Select(frame => Told(frame.Json)));
            await again.AckAsync(group, 7);
            await again.PingAsync();
        }
        await using var last = await alice.ConnectCaughtUpAsync();
        Assert.DoesNotContain(last.Received.All, frame => frame.Type == "change");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_server_that_is_killed_between_a_change_and_its_notice_tells_each_once_and_in_order(int round)
    {
        await using var server = await ServerProcess.StartAsync();
        var alice = await Account.RegisterAsync(server, Account.UniqueId("alice"));
        string[] groups = [.. await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => alice.CreateGroupAsync("0")))];
        using var stop = new CancellationTokenSource();
        var changing = groups.Select(group => RenameAsync(alice, group, stop.Token)).ToList();
        await Until.TrueAsync(() => changing.TrueForAll(one => one.Changes.Count > 20 * round), "changes are made");

        await server.KillHardAsync();
        await stop.CancelAsync();
        await Task.WhenAll(changing.Select(one => one.Done));
        await server.StartAgainAsync();

        foreach (var (group, one) in groups.Zip(changing))
            await AssertToldAsync(alice, group, one.Changes);
    }

    [Fact]
    public async Task What_a_killed_server_of_several_has_not_told_another_tells()
    {
        Assert.SkipWhen(Database.IsMissing, Database.Missing);
        Assert.SkipWhen(RedisServer.IsMissing, RedisServer.Missing);
        await several.StartAsync();
        var dying = several.Servers[2];
        var alice = await Account.RegisterAsync(dying, Account.UniqueId("alice"));
        string[] groups = [.. await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => alice.CreateGroupAsync("0")))];
        using var stop = new CancellationTokenSource();
        var changing = groups.Select(group => RenameAsync(alice, group, stop.Token)).ToList();
        await Until.TrueAsync(() => changing.TrueForAll(one => one.Changes.Count > 5), "changes are made");

        await dying.KillHardAsync();
        await stop.CancelAsync();
        await Task.WhenAll(changing.Select(one => one.Done));
        try
        {
            foreach (var (group, one) in groups.Zip(changing))
                await AssertToldAsync(alice.At(several.Servers[0]), group, one.Changes);
        }
        finally
        {
            await dying.StartAgainAsync();
        }
    }

    // Titles that rise by one, so that each says which change it is. What was not answered may have been made, and only the last of them.
    private static (List<int> Changes, Task Done) RenameAsync(Account alice, string group, CancellationToken ct)
    {
        var made = new List<int>();
        return (made, Task.Run(async () =>
        {
            for (var title = 1; !ct.IsCancellationRequested; title++)
            {
                try
                {
                    if ((await alice.Rest.PatchAsync($"/v1/groups/{group}", new { title = $"{title}" })).Status != HttpStatusCode.OK)
                        return;
                }
                catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
                {
                    return;
                }
                made.Add(title);
            }
        }, CancellationToken.None));
    }

    private static async Task AssertToldAsync(Account alice, string group, List<int> made)
    {
        var title = 0;
        List<string> told = [];
        // Another server may know the title of a moment ago (Groups:MaxStalenessMs).
        await Until.TrueAsync(
            async () =>
            {
                told = await ToldTitlesAsync(alice, group);
                title = int.Parse((await alice.Rest.GetAsync($"/v1/groups/{group}")).Expect(HttpStatusCode.OK).Text("title"), System.Globalization.CultureInfo.InvariantCulture);
                return title >= made.Count && told.Count == title + 1;
            },
            "all is told",
            () => $"made are {made.Count}, the title is {title}, told is {string.Join(' ', told)}");
        Assert.Equal(Told(title), told);
        // One more goes above them all, also above a last one that was not answered, and that the other server did not know of until now.
        (await alice.Rest.PatchAsync($"/v1/groups/{group}", new { title = "last" })).Expect(HttpStatusCode.OK);
        told = await ToldTitlesAsync(alice, group);
        Assert.Equal([.. Told(told.Count - 2), "titleChanged last"], told);
        Assert.InRange(told.Count - 2, title, made.Count + 1);

        static string[] Told(int last) => ["created 0", .. Enumerable.Range(1, last).Select(number => $"titleChanged {number}")];
    }

    private static async Task<List<string>> ToldTitlesAsync(Account alice, string group)
    {
        var told = new List<string>();
        for (var after = 0L; ;)
        {
            var page = (await alice.Rest.GetAsync($"/v1/conversations/{group}/messages?after={after}&limit=200")).Expect(HttpStatusCode.OK);
            if (!page.TryGetProperty("changes", out _))
                return told;
            told.AddRange(page.Items("changes").Select(change => $"{change.Text("what")} {change.Text("value")}"));
            after = page.Number("nextAfter");
        }
    }

    private static Func<Frame, bool> Is(string what) => frame => frame.Type == "change" && frame.Is("kind", "notice") && frame.Is("what", what);

    private static string Told(JsonElement change) => $"{change.Text("what")} {change.Number("seqNo")}";
}
