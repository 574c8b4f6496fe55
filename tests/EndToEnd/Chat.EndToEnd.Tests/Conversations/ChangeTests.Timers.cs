using System.Net;
using System.Text.Json;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;
using Chat.Testing;

namespace Chat.EndToEnd.Tests.Conversations;

// Timers, and what expires by them.
public sealed partial class ChangeTests
{
    [Fact]
    public async Task Timers_through_every_transport_and_what_has_expired_is_shown_by_none()
    {
        var server = await shared.GetAsync();

        await PlayTimersAsync(server, server, server);
    }

    // Here, as the servers are running.
    [Fact]
    public async Task Timers_on_several_servers_of_one_database()
    {
        Assert.SkipWhen(Database.IsMissing, Database.Missing);
        Assert.SkipWhen(RedisServer.IsMissing, RedisServer.Missing);
        await several.StartAsync();

        await PlayTimersAsync(several.Servers[0], several.Servers[1], several.Servers[2]);
    }

    // Alice by /ws, bob on the hub, carol by REST, each at another server.
    private static async Task PlayTimersAsync(ServerProcess one, ServerProcess two, ServerProcess three)
    {
        const int week = 7 * 24 * 3600;
        var alice = await Account.RegisterAsync(one, Account.UniqueId("alice"));
        var bob = await Account.RegisterAsync(two, Account.UniqueId("bob"));
        var carol = await Account.RegisterAsync(three, Account.UniqueId("carol"));
        var group = await alice.CreateGroupAsync("timers", bob, carol);
        var talk = alice.DirectTo(bob);
        await using var wire = await alice.ConnectCaughtUpAsync();
        await using var hub = await HubClient.ConnectAsync(bob, messagePack: true);
        await hub.ExpectAsync("caughtUp");

        await wire.SendMessageAsync(new { to = group, text = "stays", clientMsgId = "1" });
        await wire.SendAsync("timer", new { to = group, seconds = week, clientMsgId = "2" });
        var told = await hub.ExpectAsync("change", change => change.Is("kind", "timer"));
        Assert.Equal((week, false), (told.Json.Number("seconds"), told.Json.TryGetProperty("target", out _)));
        var sent = await wire.SendMessageAsync(new { to = group, text = "for a week", clientMsgId = "3" });
        var heard = await hub.ExpectAsync("message", message => message.Is("text", "for a week"));
        Assert.Equal(sent.Number("timestamp") + (week * 1000L), heard.Json.Number("expiresAt"));
        var page = await carol.Rest.ReadLogAsync(group);
        Assert.Equal(heard.Json.Number("expiresAt"), page.Single(message => message.Text("text") == "for a week").Number("expiresAt"));
        Assert.Equal(week, (await carol.Rest.GetAsync($"/v1/groups/{group}")).Expect(HttpStatusCode.OK).Number("timer"));
        Assert.Equal(week, (await ListedAsync(carol, group)).Number("timer"));
        var refused = await Assert.ThrowsAsync<RefusedException>(() => hub.InvokeAsync("SetTimer", new { to = group, seconds = 60, clientMsgId = "4" }));
        Assert.Equal("forbidden", refused.Code);
        (await carol.Rest.SendAsync(HttpMethod.Put, $"/v1/conversations/{talk}/timer", """{"seconds":60}""")).ExpectProblem(HttpStatusCode.Forbidden, "not_a_member");

        await wire.SendMessageAsync(new { to = talk, text = "hello", clientMsgId = "5" });
        (await alice.Rest.SendAsync(HttpMethod.Put, $"/v1/conversations/{talk}/timer", """{"seconds":4}""")).ExpectProblem(HttpStatusCode.BadRequest, "bad_request");
        (await alice.Rest.SendAsync(HttpMethod.Put, $"/v1/conversations/{talk}/timer", """{"seconds":0}""")).ExpectProblem(HttpStatusCode.Conflict, "conflict");
        var first = (await alice.Rest.SendAsync(HttpMethod.Put, $"/v1/conversations/{talk}/timer", """{"seconds":5}""")).Expect(HttpStatusCode.Created);
        var again = await hub.InvokeAsync("SetTimer", new { to = talk, seconds = 5, clientMsgId = "6" });
        Assert.Equal((first.Text("messageId"), first.Number("seqNo")), (again.Text("messageId"), again.Number("seqNo")));
        var secret = await wire.SendMessageAsync(new { to = talk, text = "secret", clientMsgId = "7" });
        var path = $"/v1/conversations/{talk}/messages/{secret.Text("messageId")}";
        (await bob.Rest.SendAsync(HttpMethod.Put, $"{path}/pin", null)).Expect(HttpStatusCode.Created);

        await Wait.UntilAsync(async () => (await bob.Rest.GetAsync(path)).Status == HttpStatusCode.Forbidden, "the message has expired");
        foreach (var account in new[] { alice, bob })
        {
            (await account.Rest.GetAsync(path)).ExpectProblem(HttpStatusCode.Forbidden, "not_a_member");
            (await account.Rest.GetAsync($"{path}/edits")).ExpectProblem(HttpStatusCode.Forbidden, "not_a_member");
            Assert.Equal(["hello"], (await account.Rest.ReadLogAsync(talk)).Select(message => message.Text("text")));
            var listed = await ListedAsync(account, talk);
            Assert.Equal(("hello", 5), (listed.GetProperty("lastMessage").Text("text"), listed.Number("timer")));
            Assert.Empty((await account.Rest.GetAsync($"/v1/conversations/{talk}/pins")).Expect(HttpStatusCode.OK).Items("messages"));
        }
        Assert.Equal(1, (await ListedAsync(bob, talk)).Number("unreadCount"));
        await using var later = await (await bob.LogInAsync("laptop")).ConnectCaughtUpAsync();
        (await alice.Rest.SendAsync(HttpMethod.Put, $"{path}/pin", null)).ExpectProblem(HttpStatusCode.Forbidden, "not_a_member");

        static async Task<JsonElement> ListedAsync(Account account, string conversation) =>
            (await account.Rest.GetAsync("/v1/conversations")).Expect(HttpStatusCode.OK).Items("conversations").Single(item => item.Text("conversationId") == conversation);
    }
}
