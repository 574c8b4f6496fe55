using System.Net;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;
using Chat.Testing;

namespace Chat.EndToEnd.Tests.Conversations;

/// <summary>Messages are edited, deleted, reacted to and pinned through every transport, and every device sees the same.</summary>
[Collection(TestsOfSeveralServers.Name)]
public sealed partial class ChangeTests(SharedServer shared, SeveralServers several)
{
    private const string Thumb = "👍";

    [Fact]
    public async Task Changes_through_every_transport_reach_every_device_and_add_up_to_one_state()
    {
        var server = await shared.GetAsync();

        await PlayAsync(server, server, server);
        await PlayThreadsAsync(server, server, server);
    }

    [Fact]
    public async Task The_same_on_several_servers_of_one_database()
    {
        Assert.SkipWhen(Database.IsMissing, Database.Missing);
        Assert.SkipWhen(RedisServer.IsMissing, RedisServer.Missing);
        await several.StartAsync();

        await PlayAsync(several.Servers[0], several.Servers[1], several.Servers[2]);
        await PlayThreadsAsync(several.Servers[0], several.Servers[1], several.Servers[2]);
    }

    // Here, as the servers are running.
    [Fact]
    public async Task Own_settings_and_notes_to_self_on_several_servers_of_one_database()
    {
        Assert.SkipWhen(Database.IsMissing, Database.Missing);
        Assert.SkipWhen(RedisServer.IsMissing, RedisServer.Missing);
        await several.StartAsync();

        await OwnSettingsScenario.PlayAsync(several.Servers[0], several.Servers[1], several.Servers[2]);
    }

    [Fact]
    public async Task Refusals_are_named_and_what_is_so_already_is_answered_with_what_made_it_so()
    {
        var (alice, bob) = (await shared.NewUserAsync("alice"), await shared.NewUserAsync("bob"));
        var talk = alice.DirectTo(bob);
        await using var wire = await alice.ConnectCaughtUpAsync();
        await using var hub = await HubClient.ConnectAsync(bob);
        var id = (await wire.SendTextAsync(talk, "hello", "1")).Text("messageId");
        var path = $"/v1/conversations/{talk}/messages/{id}";

        (await bob.Rest.PatchAsync(path, new { text = "mine" })).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        (await alice.Rest.PatchAsync(path, new { text = "hello" })).ExpectProblem(HttpStatusCode.BadRequest, "bad_request");
        (await alice.Rest.PatchAsync($"{path[..^1]}{(path[^1] == '0' ? '1' : '0')}", new { text = "x" })).ExpectProblem(HttpStatusCode.Forbidden, "not_a_member");
        (await alice.Rest.SendAsync(HttpMethod.Put, $"{path}/reactions/xx", null)).ExpectProblem(HttpStatusCode.BadRequest, "bad_request");
        (await alice.Rest.DeleteAsync($"{path}/reactions/{Uri.EscapeDataString(Thumb)}")).ExpectProblem(HttpStatusCode.Conflict, "conflict");
        var refused = await Assert.ThrowsAsync<RefusedException>(() => hub.InvokeAsync("Edit", new { to = talk, messageId = id, text = "mine", clientMsgId = "e" }));
        Assert.Equal("forbidden", refused.Code);
        await wire.SendAsync("pin", new { to = talk, messageId = id, on = false, clientMsgId = "p" });
        Assert.True((await wire.ExpectAsync("error", error => error.Is("clientMsgId", "p"))).Is("code", "conflict"));

        var first = (await bob.Rest.SendAsync(HttpMethod.Put, $"{path}/reactions/{Uri.EscapeDataString(Thumb)}?clientMsgId=r1", null)).Expect(HttpStatusCode.Created);
        var again = (await bob.Rest.SendAsync(HttpMethod.Put, $"{path}/reactions/{Uri.EscapeDataString(Thumb)}", null)).Expect(HttpStatusCode.OK);
        var byHub = await hub.InvokeAsync("React", new { to = talk, messageId = id, emoji = Thumb, on = true, clientMsgId = "r3" });
        Assert.Equal("r1", first.Text("clientMsgId"));
        Assert.Null(again.TextOrNull("clientMsgId"));
        Assert.Equal("r3", byHub.Text("clientMsgId"));
        Assert.All([again, byHub], answer => Assert.Equal(
            (first.Text("messageId"), first.Number("seqNo"), first.Number("timestamp")), (answer.Text("messageId"), answer.Number("seqNo"), answer.Number("timestamp"))));
        (await alice.Rest.PatchAsync($"/v1/conversations/{talk}/messages/{first.Text("messageId")}", new { text = "x" }))
            .ExpectProblem(HttpStatusCode.BadRequest, "bad_request");
    }

    // Alice sends by /ws at one server, bob is on the hub at another, and a laptop of alice's at a third.
    private static async Task PlayAsync(ServerProcess one, ServerProcess two, ServerProcess three)
    {
        var alice = await Account.RegisterAsync(one, Account.UniqueId("alice"));
        var bob = await Account.RegisterAsync(two, Account.UniqueId("bob"));
        var talk = alice.DirectTo(bob);
        await using var wire = await alice.ConnectCaughtUpAsync();
        await using var hub = await HubClient.ConnectAsync(bob, messagePack: true);
        await hub.ExpectAsync("caughtUp");
        await using var laptop = await (await Account.LogInAsync(three, alice.UserId, "laptop")).ConnectCaughtUpAsync();
        var sent = await wire.SendTextAsync(talk, "helo", "1");
        var gone = await wire.SendTextAsync(talk, "gone", "2");
        var (id, goneId) = (sent.Text("messageId"), gone.Text("messageId"));
        await hub.ReceiveUpToAsync(talk, 2);
        await laptop.ReceiveUpToAsync(talk, 2);

        await wire.SendAsync("edit", new { to = talk, messageId = id, text = "hello", clientMsgId = "3" });
        var edit = await hub.ExpectAsync("change", change => change.Is("kind", "edit"));
        Assert.Equal((sent.Text("messageId"), 1), (edit.Json.GetProperty("target").Text("messageId"), edit.Json.GetProperty("target").Number("seqNo")));
        Assert.Equal("hello", edit.Text("text"));
        Assert.True((await laptop.ExpectAsync("change")).Is("clientMsgId", "3"));
        var react = await hub.InvokeAsync("React", new { to = talk, messageId = id, emoji = Thumb, on = true, clientMsgId = "4" });
        Assert.Equal("sent", react.Text("status"));
        await wire.ExpectAsync("change", change => change.Is("kind", "react") && change.Is("emoji", Thumb) && change.Json.Flag("on"));
        (await bob.Rest.SendAsync(HttpMethod.Put, $"/v1/conversations/{talk}/messages/{id}/pin", null)).Expect(HttpStatusCode.Created);
        await wire.ExpectAsync("change", change => change.Is("kind", "pin"));
        (await alice.Rest.DeleteAsync($"/v1/conversations/{talk}/messages/{goneId}")).Expect(HttpStatusCode.Created);
        await hub.ExpectAsync("change", change => change.Is("kind", "delete"));
        // The phone made it by REST: it is the laptop that is told.
        await laptop.ExpectAsync("change", change => change.Is("kind", "delete"));
        Assert.DoesNotContain(wire.Received.All, frame => frame.Type == "change" && frame.Is("kind", "edit"));

        await AssertStateAsync(alice.Rest, talk, id, goneId, mine: false);
        await AssertStateAsync(bob.Rest, talk, id, goneId, mine: true);
        var page = await laptop.SyncAsync(new { conversationId = talk, after = 0 });
        Assert.Equal((2, 4, 6), (page.Items("messages").Count, page.Items("changes").Count, page.Number("nextAfter")));
        Assert.Equal(2, (await laptop.SyncAsync(new { conversationId = talk, after = 0, limit = 3 })).Items("messages").Count);
        await hub.AckAsync(talk, 6);
    }

    private static async Task AssertStateAsync(RestClient rest, string talk, string id, string goneId, bool mine)
    {
        var message = (await rest.GetAsync($"/v1/conversations/{talk}/messages/{id}")).Expect(HttpStatusCode.OK);
        Assert.Equal(("hello", 5), (message.Text("text"), message.Number("changedSeqNo")));
        Assert.True(message.Flag("pinned"));
        var reaction = Assert.Single(message.Items("reactions"));
        Assert.Equal((Thumb, 1, mine), (reaction.Text("emoji"), reaction.Number("count"), reaction.TryGetProperty("mine", out _)));
        Assert.Single(reaction.Items("userIds"));
        var place = (await rest.GetAsync($"/v1/conversations/{talk}/messages/{goneId}")).Expect(HttpStatusCode.OK);
        Assert.Null(place.TextOrNull("text"));
        Assert.True(place.GetProperty("deleted").Number("at") > 0);
        var edits = (await rest.GetAsync($"/v1/conversations/{talk}/messages/{id}/edits")).Expect(HttpStatusCode.OK).Items("edits");
        Assert.Equal(["helo", "hello"], edits.Select(one => one.Text("text")));
        Assert.Equal(id, Assert.Single((await rest.GetAsync($"/v1/conversations/{talk}/pins")).Expect(HttpStatusCode.OK).Items("messages")).Text("messageId"));
        var who = (await rest.GetAsync($"/v1/conversations/{talk}/messages/{id}/reactions?emoji={Uri.EscapeDataString(Thumb)}")).Expect(HttpStatusCode.OK);
        Assert.Equal(Thumb, Assert.Single(who.Items("reactions")).Text("emoji"));
        var listed = (await rest.GetAsync("/v1/conversations")).Expect(HttpStatusCode.OK).Items("conversations").Single(one => one.Text("conversationId") == talk);
        Assert.Equal((goneId, 6), (listed.GetProperty("lastMessage").Text("messageId"), listed.Number("maxSeqNo")));
        Assert.Equal(mine ? 1 : 0, listed.Number("unreadCount"));
    }
}
