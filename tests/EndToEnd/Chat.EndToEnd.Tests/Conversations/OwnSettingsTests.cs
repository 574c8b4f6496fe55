using System.Net;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Conversations;

/// <summary>What a user sets for a conversation: told to its own devices, listed to it, and hidden from all others.</summary>
public sealed class OwnSettingsTests(SharedServer shared)
{
    // The end of the year 9999.
    private const long Always = 253_402_300_799_999;

    [Fact]
    public async Task Muting_is_told_to_all_devices_of_the_user_listed_to_it_and_seen_by_nobody_else()
    {
        var (alice, bob) = (await shared.NewUserAsync("alice"), await shared.NewUserAsync("bob"));
        var laptop = await alice.LogInAsync("laptop");
        var talk = alice.DirectTo(bob);
        (await bob.Rest.SendMessageAsync(talk, "hello", "1")).Expect(HttpStatusCode.Created);
        await using var phone = await alice.ConnectCaughtUpAsync();
        await using var hub = await HubClient.ConnectAsync(laptop, messagePack: true);
        await using var other = await bob.ConnectCaughtUpAsync();
        await hub.ExpectAsync("caughtUp");

        var answer = (await MuteAsync(alice, talk, Always)).Expect(HttpStatusCode.OK);
        foreach (var device in new IChatClient[] { phone, hub })
            Assert.Equal(Always, (await device.ExpectAsync("settings", settings => settings.Is("conversationId", talk))).Number("mutedUntil"));
        Assert.Equal((talk, Always), (answer.Text("conversationId"), answer.Number("mutedUntil")));
        Assert.Equal(Always, await MutedUntilAsync(laptop, talk));
        Assert.Null(await MutedUntilAsync(bob, talk));

        // A muted conversation is delivered as any other.
        (await bob.Rest.SendMessageAsync(talk, "still there?", "2")).Expect(HttpStatusCode.Created);
        await phone.ExpectAsync("message", message => message.Is("text", "still there?"));

        foreach (var none in new object?[] { 0, null })
        {
            await MuteAsync(alice, talk, Always);
            await phone.ExpectAsync("settings", settings => settings.Number("mutedUntil") == Always);
            Assert.Null((await MuteAsync(alice, talk, none)).Expect(HttpStatusCode.OK).NumberOrNull("mutedUntil"));
            await phone.ExpectAsync("settings", settings => settings.Number("mutedUntil") == 0);
            Assert.Null(await MutedUntilAsync(alice, talk));
        }
        await other.PingAsync();
        Assert.DoesNotContain(other.Received.All, frame => frame.Type == "settings");
    }

    [Fact]
    public async Task What_a_user_sets_through_every_transport_is_told_to_its_devices_listed_and_hidden()
    {
        var server = await shared.GetAsync();

        await OwnSettingsScenario.PlayAsync(server, server, server);
    }

    [Fact]
    public async Task What_is_left_out_stays_and_what_is_unknown_is_ignored()
    {
        var (alice, bob) = (await shared.NewUserAsync("alice"), await shared.NewUserAsync("bob"));
        var group = await alice.CreateGroupAsync("Quiet", bob);
        (await MuteAsync(alice, group, Always)).Expect(HttpStatusCode.OK);

        foreach (var body in new object[] { new { }, new { unheard = true } })
            Assert.Equal(Always, (await alice.Rest.PatchAsync($"/v1/conversations/{group}/mine", body)).Expect(HttpStatusCode.OK).Number("mutedUntil"));

        Assert.Equal(Always, await MutedUntilAsync(alice, group));
    }

    [Fact]
    public async Task What_cannot_be_set_is_refused()
    {
        var (alice, bob) = (await shared.NewUserAsync("alice"), await shared.NewUserAsync("bob"));
        var others = await bob.CreateGroupAsync("Others");
        var group = await alice.CreateGroupAsync("Quiet");

        foreach (var time in new object[] { -1, Always + 1, 1.5, "tomorrow", true })
            (await MuteAsync(alice, group, time)).ExpectProblem(HttpStatusCode.BadRequest, "bad_request");
        (await alice.Rest.SendAsync(HttpMethod.Patch, $"/v1/conversations/{group}/mine", "null")).ExpectProblem(HttpStatusCode.BadRequest, "bad_request");
        (await MuteAsync(alice, "nonsense", Always)).ExpectProblem(HttpStatusCode.BadRequest, "bad_request");
        foreach (var conversation in new[] { others, $"g:{new string('0', 32)}", "dm:nobody:nowhere" })
            (await MuteAsync(alice, conversation, Always)).ExpectProblem(HttpStatusCode.Forbidden, "not_a_member");
        (await MuteAsync(alice, alice.DirectTo(bob), Always)).ExpectProblem(HttpStatusCode.Conflict, "conflict");
        Assert.Equal(HttpStatusCode.Unauthorized, (await new RestClient(alice.Server.Address).PatchAsync($"/v1/conversations/{group}/mine", new { mutedUntil = Always })).Status);

        foreach (var body in new object[]
        {
            new { archived = 1 }, new { pinned = "yes" }, new { markedUnread = new int[] { 1 } }, new { clearedUpTo = -1 }, new { clearedUpTo = 1_000 }, new { clearedUpTo = 1.5 },
            new { clearedUpTo = "1" }, new { clearedUpTo = 1L << 53 }, new { draft = 1 },
        })
            (await alice.Rest.PatchAsync($"/v1/conversations/{group}/mine", body)).ExpectProblem(HttpStatusCode.BadRequest, "bad_request");
        (await alice.Rest.SendAsync(HttpMethod.Patch, $"/v1/conversations/{group}/mine", """{"draft":"\ud800"}""")).ExpectProblem(HttpStatusCode.BadRequest, "bad_request");
        (await alice.Rest.PatchAsync($"/v1/conversations/{group}/mine", new { draft = new string('x', 16_385) })).ExpectProblem(HttpStatusCode.RequestEntityTooLarge, "too_large");
        (await alice.Rest.GetAsync("/v1/conversations?archived=perhaps")).ExpectProblem(HttpStatusCode.BadRequest, "bad_request");
        foreach (var conversation in new[] { others, $"g:{new string('0', 32)}", "dm:nobody:nowhere", "dm:nobody:nobody" })
        {
            foreach (var body in new object[] { new { archived = true }, new { clearedUpTo = 0 }, new { draft = "x" } })
                (await alice.Rest.PatchAsync($"/v1/conversations/{conversation}/mine", body)).ExpectProblem(HttpStatusCode.Forbidden, "not_a_member");
        }

        Assert.Null(await MutedUntilAsync(alice, group));
    }

    private static Task<RestAnswer> MuteAsync(Account account, string conversation, object? mutedUntil) =>
        account.Rest.PatchAsync($"/v1/conversations/{conversation}/mine", new { mutedUntil });

    private static async Task<long?> MutedUntilAsync(Account account, string conversation)
    {
        var list = (await account.Rest.GetAsync("/v1/conversations")).Expect(HttpStatusCode.OK).Items("conversations");
        return list.Single(one => one.Text("conversationId") == conversation).NumberOrNull("mutedUntil");
    }
}
