using System.Net;
using System.Text.Json;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Conversations;

/// <summary>What a user sets for a conversation, and its note to self, through every transport: on one server, or each device on another of several.</summary>
internal static class OwnSettingsScenario
{
    public static async Task PlayAsync(ServerProcess one, ServerProcess two, ServerProcess three)
    {
        var alice = await Account.RegisterAsync(one, Account.UniqueId("alice"));
        var bob = await Account.RegisterAsync(two, Account.UniqueId("bob"));
        var laptop = await Account.LogInAsync(three, alice.UserId, "laptop");
        var talk = alice.DirectTo(bob);
        await using var wire = await alice.ConnectCaughtUpAsync();
        await using var hub = await HubClient.ConnectAsync(laptop, messagePack: true);
        await hub.ExpectAsync("caughtUp");
        await using var other = await bob.ConnectCaughtUpAsync();
        await SendAsync(other, wire, hub, talk, "one", 1);
        await SendAsync(other, wire, hub, talk, "two", 2);

        await ArchiveAsync(alice, laptop, bob, [wire, hub], talk);
        await SendAsync(other, wire, hub, talk, "three", 3);
        Assert.False(Has(await ListedAsync(laptop, talk), "archived"));
        Assert.Null(await ListedAsync(laptop, talk, archived: true));

        await SetTheRestAsync(alice, laptop, [wire, hub], talk);
        await ClearAsync(alice, laptop, bob, [wire, hub], other, talk);
        await WriteToSelfAsync(alice, laptop, bob, wire, hub);

        await other.PingAsync();
        Assert.DoesNotContain(other.Received.All, frame => frame.Type == "settings");
    }

    private static async Task ArchiveAsync(Account alice, Account laptop, Account bob, IChatClient[] devices, string talk)
    {
        Assert.True((await SetAsync(alice, talk, new { archived = true })).Flag("archived"));
        foreach (var device in devices)
            Assert.True((await SettingsAsync(device, talk)).Json.Flag("archived"));
        foreach (var account in new[] { alice, laptop })
        {
            Assert.Null(await ListedAsync(account, talk));
            Assert.True((await ListedAsync(account, talk, archived: true))!.Value.Flag("archived"));
        }
        Assert.NotNull(await ListedAsync(bob, talk));
    }

    private static async Task SetTheRestAsync(Account alice, Account laptop, IChatClient[] devices, string talk)
    {
        foreach (var device in devices)
            await device.AckAsync(talk, 3, "read");
        await SetAsync(laptop, talk, new { pinned = true, markedUnread = true, draft = "well, \u0000" });
        foreach (var device in devices)
        {
            var settings = await SettingsAsync(device, talk);
            Assert.Equal((true, true, "well, \0"), (settings.Json.Flag("pinned"), settings.Json.Flag("markedUnread"), settings.Text("draft")));
            Assert.False(Has(settings.Json, "archived"));
        }
        var listed = (await ListedAsync(alice, talk))!.Value;
        Assert.Equal((true, true, "well, \0", 0), (listed.Flag("pinned"), listed.Flag("markedUnread"), listed.Text("draft"), listed.Number("unreadCount")));

        await SetAsync(alice, talk, new { markedUnread = false, draft = (string?)null });
        foreach (var device in devices)
            Assert.Equal((false, ""), ((await SettingsAsync(device, talk)) is var settings ? settings.Json.Flag("markedUnread") : true, settings.Text("draft")));
        listed = (await ListedAsync(laptop, talk))!.Value;
        Assert.Equal((true, false, false), (Has(listed, "pinned"), Has(listed, "markedUnread"), Has(listed, "draft")));
    }

    private static async Task ClearAsync(Account alice, Account laptop, Account bob, IChatClient[] devices, WireClient other, string talk)
    {
        var first = (await bob.Rest.ReadLogAsync(talk))[0].Text("messageId");
        (await alice.Rest.PatchAsync($"/v1/conversations/{talk}/mine", new { clearedUpTo = 4 })).ExpectProblem(HttpStatusCode.BadRequest, "bad_request");
        Assert.Equal(2, (await SetAsync(alice, talk, new { clearedUpTo = 2 })).Number("clearedUpTo"));
        foreach (var device in devices)
            Assert.Equal(2, (await SettingsAsync(device, talk)).Number("clearedUpTo"));
        Assert.Equal(2, (await SetAsync(laptop, talk, new { clearedUpTo = 1 })).Number("clearedUpTo"));

        foreach (var account in new[] { alice, laptop })
        {
            Assert.Equal(["three"], (await account.Rest.ReadLogAsync(talk)).Select(message => message.Text("text")));
            (await account.Rest.GetAsync($"/v1/conversations/{talk}/messages/{first}")).ExpectProblem(HttpStatusCode.Forbidden, "not_a_member");
            (await account.Rest.PatchAsync($"/v1/conversations/{talk}/messages/{first}", new { text = "x" })).ExpectProblem(HttpStatusCode.Forbidden, "not_a_member");
        }
        foreach (var device in devices)
            Assert.Equal("three", Assert.Single((await device.SyncAsync(new { conversationId = talk, after = 0 })).Items("messages")).Text("text"));
        Assert.Equal(3, (await bob.Rest.ReadLogAsync(talk)).Count);

        // A change of what is cleared is a hole, and what comes after it is not held up.
        await other.SendAsync("edit", new { to = talk, messageId = first, text = "uno", clientMsgId = "edit" });
        await other.ExpectAsync("ack", ack => ack.Is("clientMsgId", "edit"));
        await other.SendTextAsync(talk, "five", "five");
        foreach (var device in devices)
        {
            await device.ExpectAsync("message", message => message.Is("conversationId", talk) && message.Is("text", "five"));
            Assert.DoesNotContain(device.Received.All, frame => frame.Type == "change");
        }

        Assert.Equal(5, (await SetAsync(alice, talk, new { archived = true, clearedUpTo = 5 })).Number("clearedUpTo"));
        foreach (var archived in new[] { true, false })
            Assert.Null(await ListedAsync(laptop, talk, archived));
        await other.SendTextAsync(talk, "six", "six");
        var back = (await ListedAsync(laptop, talk))!.Value;
        Assert.Equal(("six", 1), (back.GetProperty("lastMessage").Text("text"), back.Number("unreadCount")));
    }

    private static async Task WriteToSelfAsync(Account alice, Account laptop, Account bob, WireClient wire, HubClient hub)
    {
        var note = $"dm:{alice.UserId}:{alice.UserId}";
        Assert.Equal((note, 1), await wire.SendTextAsync("@me", "milk", "note-1") is var sent ? (sent.Text("conversationId"), sent.Number("seqNo")) : default);
        Assert.Equal("note-1", (await hub.ExpectAsync("message", message => message.Is("conversationId", note))).Text("clientMsgId"));
        Assert.Equal(2, (await hub.SendMessageAsync(new { to = note, text = "bread", clientMsgId = "note-2" })).Number("seqNo"));
        await wire.ExpectAsync("message", message => message.Is("text", "bread"));
        Assert.Equal(3, (await laptop.Rest.SendMessageAsync("@me", "eggs", "note-3")).Expect(HttpStatusCode.Created).Number("seqNo"));

        var listed = (await ListedAsync(alice, note))!.Value;
        Assert.Equal((3, 3, 0), (listed.Number("maxSeqNo"), listed.Number("readSeqNo"), listed.Number("unreadCount")));
        await SetAsync(alice, note, new { pinned = true });
        await hub.TypingAsync(new { conversationId = note, active = true });
        (await bob.Rest.SendMessageAsync(note, "hi", "1")).ExpectProblem(HttpStatusCode.Forbidden, "not_a_member");
        (await bob.Rest.GetAsync($"/v1/conversations/{note}/messages")).ExpectProblem(HttpStatusCode.Forbidden, "not_a_member");
        (await bob.Rest.PatchAsync($"/v1/conversations/{note}/mine", new { pinned = true })).ExpectProblem(HttpStatusCode.Forbidden, "not_a_member");
        Assert.Equal(alice.UserId, Assert.Single((await alice.Rest.GetAsync($"/v1/conversations/{note}/receipts")).Expect(HttpStatusCode.OK).Items("members")).Text("userId"));
        await wire.PingAsync();
        Assert.DoesNotContain(wire.Received.All, frame => frame.Type == "typing" && frame.Is("conversationId", note));
    }

    private static async Task SendAsync(IChatClient sender, IChatClient wire, IChatClient hub, string talk, string text, long seqNo)
    {
        Assert.Equal(seqNo, (await sender.SendTextAsync(talk, text, text)).Number("seqNo"));
        foreach (var device in new[] { wire, hub })
            await device.ReceiveUpToAsync(talk, seqNo);
    }

    private static async Task<JsonElement> SetAsync(Account account, string conversation, object settings) =>
        (await account.Rest.PatchAsync($"/v1/conversations/{conversation}/mine", settings)).Expect(HttpStatusCode.OK);

    private static Task<Frame> SettingsAsync(IChatClient device, string conversation) =>
        device.ExpectAsync("settings", settings => settings.Is("conversationId", conversation));

    private static async Task<JsonElement?> ListedAsync(Account account, string conversation, bool archived = false)
    {
        var list = (await account.Rest.GetAsync($"/v1/conversations?archived={(archived ? "true" : "false")}")).Expect(HttpStatusCode.OK).Items("conversations");
        return list.Where(one => one.Text("conversationId") == conversation).Select(one => (JsonElement?)one).SingleOrDefault();
    }

    private static bool Has(JsonElement? json, string property) => json?.TryGetProperty(property, out _) == true;
}
