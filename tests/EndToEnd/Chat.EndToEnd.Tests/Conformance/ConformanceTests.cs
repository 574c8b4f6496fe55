using System.Text.Json;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;
using Microsoft.AspNetCore.Http.Connections;

namespace Chat.EndToEnd.Tests.Conformance;

/// <summary>
/// Clients that are not ours, in one group: @microsoft/signalr in node, the .NET SignalR client, `ws` in node, and a bare
/// WebSocket; JSON and MessagePack; WebSockets, server-sent events and long polling. Three transports, one meaning.
/// </summary>
public sealed class ConformanceTests(SharedServer shared)
{
    private const int MessagesEach = 5;

    private static readonly (string Name, Func<Account, Task<IChatClient>> Open)[] _transports =
    [
        ("ws", async a => await a.ConnectAsync()),
        ("node-ws", async a => await NodeClient.ConnectAsync(a, "ws")),
        ("dotnet-json", async a => await HubClient.ConnectAsync(a)),
        ("dotnet-messagepack", async a => await HubClient.ConnectAsync(a, messagePack: true)),
        ("dotnet-json-sse", async a => await HubClient.ConnectAsync(a, transport: HttpTransportType.ServerSentEvents)),
        ("dotnet-messagepack-polling", async a => await HubClient.ConnectAsync(a, messagePack: true, HttpTransportType.LongPolling)),
        ("node-json", async a => await NodeClient.ConnectAsync(a, "json/WebSockets")),
        ("node-messagepack", async a => await NodeClient.ConnectAsync(a, "messagepack/WebSockets")),
        ("node-json-sse", async a => await NodeClient.ConnectAsync(a, "json/ServerSentEvents")),
        ("node-json-polling", async a => await NodeClient.ConnectAsync(a, "json/LongPolling")),
        ("node-messagepack-polling", async a => await NodeClient.ConnectAsync(a, "messagepack/LongPolling")),
    ];

    [Fact]
    public async Task One_group_through_all_transports_has_one_order_and_every_receipt()
    {
        await NodeClient.NeedAsync();
        await using var group = await OpenGroupAsync();

        await Task.WhenAll(group.Members.Select(m => SendAllAsync(m, group.Id)));
        var log = await group.Members[0].Account.Rest.ReadLogAsync(group.Id);
        Assert.Equal(group.Members.Count * MessagesEach, log.Count);

        await Task.WhenAll(group.Members.Select(m => ReceiveAllAsync(m, group.Id, log)));
        foreach (var status in new[] { "delivered", "read" })
        {
            await Task.WhenAll(group.Members.Select(m => m.Client.AckAsync(group.Id, log[^1].Number("seqNo"), status)));
            await Task.WhenAll(group.Members.Select(m => ExpectReceiptsAsync(m, group, log, status)));
        }
    }

    [Fact]
    public async Task Every_transport_answers_the_other_commands_alike()
    {
        await NodeClient.NeedAsync();
        await using var group = await OpenGroupAsync();
        var first = group.Members[0];
        var sent = await first.Client.SendTextAsync(group.Id, "grüße \ud83d\ude00 \0", "first");

        foreach (var member in group.Members)
        {
            var page = await member.Client.SyncAsync(new { conversationId = group.Id, after = 0, limit = 10 });
            var message = Assert.Single(page.Items("messages"));
            Assert.Equal(sent.Text("messageId"), message.Text("messageId"));
            Assert.Equal("grüße \ud83d\ude00 \0", message.Text("text"));
            Assert.Equal("created", Assert.Single(page.Items("changes")).Text("what"));
            Assert.Equal(2, page.Number("maxSeqNo"));
            Assert.Equal(2, page.Number("nextAfter"));

            var refusal = await Assert.ThrowsAsync<RefusedException>(() => member.Client.SendTextAsync($"g:{new string('0', 32)}", "x", "refused"));
            Assert.Equal("not_a_member", refusal.Code);

            Assert.True((await member.Client.AuthAsync(member.Account.AccessToken)).Number("expiresAt") > 0);

            await member.Client.TypingAsync(new { conversationId = group.Id, active = true });
            foreach (var other in group.Members.Where(m => m != member))
                await other.Client.ExpectAsync("typing", t => t.Is("userId", member.Account.UserId) && t.Json.Flag("active"));

            var watched = member == first ? group.Members[1] : first;
            await member.Client.PresenceAsync(new { subscribe = new[] { watched.Account.UserId } });
            var presence = await member.Client.ExpectAsync("presence", p => p.Is("userId", watched.Account.UserId));
            Assert.True(presence.Json.Flag("online"));
        }
    }

    private static async Task SendAllAsync(Member member, string group)
    {
        for (var i = 1; i <= MessagesEach; i++)
        {
            var ack = await member.Client.SendTextAsync(group, $"{i} through {member.Transport}", $"{i}");
            Assert.Equal("sent", ack.Text("status"));
            Assert.Equal(group, ack.Text("conversationId"));
        }
    }

    /// <summary>Everything of the others, in the log's order and with its content; what comes twice is dropped.</summary>
    private static async Task ReceiveAllAsync(Member member, string group, List<JsonElement> log)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var others = log.Where(m => m.Text("senderId") != member.Account.UserId).ToList();
        foreach (var expected in others)
        {
            var message = await member.Client.ExpectAsync("message", m => seen.Add(m.Text("messageId")));
            Assert.Equal(group, message.Text("conversationId"));
            foreach (var property in new[] { "messageId", "senderId", "text" })
                Assert.Equal(expected.Text(property), message.Text(property));
            foreach (var property in new[] { "seqNo", "timestamp" })
                Assert.Equal(expected.Number(property), message.Number(property));
        }
    }

    /// <summary>From each other member one that stands for all of the sender's messages.</summary>
    private static async Task ExpectReceiptsAsync(Member member, Group group, List<JsonElement> log, string status)
    {
        var lastOwn = log.Last(m => m.Text("senderId") == member.Account.UserId).Number("seqNo");
        foreach (var other in group.Members.Where(m => m != member))
        {
            await member.Client.ExpectAsync(
                "ack", a => a.Is("status", status) && a.Is("userId", other.Account.UserId) && a.Number("seqNo") >= lastOwn);
        }
    }

    private async Task<Group> OpenGroupAsync()
    {
        var accounts = new List<Account>();
        foreach (var (name, _) in _transports)
            accounts.Add(await shared.NewUserAsync(name));

        var group = new Group(await accounts[0].CreateGroupAsync("Conformance", accounts[1..]));
        foreach (var ((name, open), account) in _transports.Zip(accounts))
        {
            var client = await open(account);
            group.Members.Add(new Member(name, account, client));
            var welcome = await client.ExpectAsync("welcome");
            Assert.Equal(account.UserId, welcome.Text("userId"));
            await client.ExpectAsync("caughtUp");
        }

        return group;
    }

    private sealed record Member(string Transport, Account Account, IChatClient Client);

    private sealed class Group(string id) : IAsyncDisposable
    {
        public string Id { get; } = id;

        public List<Member> Members { get; } = [];

        public async ValueTask DisposeAsync()
        {
            foreach (var member in Members)
                await member.Client.DisposeAsync();
        }
    }
}
