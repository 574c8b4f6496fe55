using System.Net;
using System.Text.Json;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Conversations;

// Mentions, threads and what is forwarded.
public sealed partial class ChangeTests
{
    // Alice by /ws, bob on the hub, carol by REST, each at another server.
    private static async Task PlayThreadsAsync(ServerProcess one, ServerProcess two, ServerProcess three)
    {
        var alice = await Account.RegisterAsync(one, Account.UniqueId("alice"));
        var bob = await Account.RegisterAsync(two, Account.UniqueId("bob"));
        var carol = await Account.RegisterAsync(three, Account.UniqueId("carol"));
        var group = await alice.CreateGroupAsync("threads", bob, carol);
        await using var wire = await alice.ConnectCaughtUpAsync();
        await using var hub = await HubClient.ConnectAsync(bob, messagePack: true);
        await hub.ExpectAsync("caughtUp");

        var root = await wire.SendMessageAsync(new { to = group, text = "who comes?", clientMsgId = "1", mentions = new[] { bob.UserId } });
        var (rootId, rootSeqNo) = (root.Text("messageId"), root.Number("seqNo"));
        var heard = await hub.ExpectAsync("message", message => message.Is("messageId", rootId));
        Assert.Equal([bob.UserId], MentionsOf(heard.Json));
        var byHub = await hub.InvokeAsync("SendMessage", new { to = group, text = "I do", clientMsgId = "2", threadId = rootId, forwarded = true });
        var answer = await wire.ExpectAsync("message", message => message.Is("text", "I do"));
        Assert.Equal((rootId, rootSeqNo), (answer.Text("threadId"), answer.Number("threadSeqNo")));
        Assert.True(answer.Json.Flag("forwarded"));
        var byRest = (await carol.Rest.PostAsync("/v1/messages", new { to = group, text = "all of you?", clientMsgId = "3", threadId = rootId, mentions = (string[])["@all"] }))
            .Expect(HttpStatusCode.Created);
        var toAll = await wire.ExpectAsync("message", message => message.Is("text", "all of you?"));
        Assert.Equal(["@all"], MentionsOf(toAll.Json));
        Assert.Equal((2, 2), await UnreadOfBobAsync());

        await wire.SendAsync("edit", new { to = group, messageId = rootId, text = "who comes?", mentions = new[] { carol.UserId }, clientMsgId = "4" });
        Assert.Equal([carol.UserId], MentionsOf((await hub.ExpectAsync("change", change => change.Is("kind", "edit"))).Json));
        Assert.Equal((2, 1), await UnreadOfBobAsync());
        (await carol.Rest.DeleteAsync($"/v1/conversations/{group}/messages/{byRest.Text("messageId")}")).Expect(HttpStatusCode.Created);
        var deletion = await wire.ExpectAsync("change", change => change.Is("kind", "delete"));
        Assert.Equal((rootId, rootSeqNo), (deletion.Text("threadId"), deletion.Number("threadSeqNo")));

        foreach (var account in new[] { alice, bob, carol })
        {
            var shown = (await account.Rest.GetAsync($"/v1/conversations/{group}/messages/{rootId}")).Expect(HttpStatusCode.OK);
            Assert.Equal((1, byRest.Number("seqNo")), (shown.GetProperty("thread").Number("count"), shown.GetProperty("thread").Number("lastSeqNo")));
            Assert.Equal([bob.UserId, carol.UserId], shown.GetProperty("thread").GetProperty("userIds").EnumerateArray().Select(user => user.GetString()));
            var threads = (await account.Rest.GetAsync($"/v1/conversations/{group}/threads")).Expect(HttpStatusCode.OK);
            Assert.Equal(rootId, Assert.Single(threads.Items("threads")).Text("messageId"));
            var thread = (await account.Rest.GetAsync($"/v1/conversations/{group}/threads/{rootId}/messages")).Expect(HttpStatusCode.OK).Items("messages");
            Assert.Equal([byHub.Text("messageId"), byRest.Text("messageId")], thread.Select(message => message.Text("messageId")));
            Assert.Equal((rootId, JsonValueKind.Object), (thread[1].Text("threadId"), thread[1].GetProperty("deleted").ValueKind));
        }
        await RefusedAsync("bad_request", new { to = group, text = "deeper", clientMsgId = "5", threadId = byHub.Text("messageId") });
        await RefusedAsync("bad_request", new { to = group, text = "a change", clientMsgId = "6", threadId = deletion.Text("messageId") });
        await RefusedAsync("not_a_member", new { to = alice.DirectTo(bob), text = "elsewhere", clientMsgId = "7", threadId = rootId });
        await RefusedAsync("bad_request", new { to = group, text = "a stranger", clientMsgId = "8", mentions = (string[])["nobody-here"] });

        async Task RefusedAsync(string code, object message)
        {
            var refused = await Assert.ThrowsAsync<RefusedException>(() => hub.InvokeAsync("SendMessage", message));
            Assert.Equal(code, refused.Code);
        }

        // And how many of it mention him.
        async Task<(long Unread, long Mentions)> UnreadOfBobAsync()
        {
            var listed = (await bob.Rest.GetAsync("/v1/conversations")).Expect(HttpStatusCode.OK).Items("conversations").Single(item => item.Text("conversationId") == group);
            return (listed.Number("unreadCount"), listed.TryGetProperty("unreadMentions", out var mentions) ? mentions.GetInt64() : 0);
        }
    }

    private static IEnumerable<string?> MentionsOf(JsonElement entry) => entry.GetProperty("mentions").EnumerateArray().Select(user => user.GetString());
}
