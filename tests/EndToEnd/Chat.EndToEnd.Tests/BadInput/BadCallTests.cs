using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;
using Microsoft.AspNetCore.SignalR;

namespace Chat.EndToEnd.Tests.BadInput;

/// <summary>What the protocol does not allow gets the same named errors over REST and the hub.</summary>
public sealed class BadCallTests(SharedServer shared)
{
    private const string Send = "POST /v1/messages";
    private const string Unknown = "01890000-0000-7000-8000-000000000000";

    /// <summary>By name: a call, its body, and the code that it gets. <c>$dm</c> has one message, <c>$id</c>; <c>$g</c> is the caller's group.</summary>
    private static readonly Dictionary<string, (string Call, string? Body, string Code)> _restCalls = new(StringComparer.Ordinal)
    {
        ["broken JSON"] = (Send, "{\"to\":", "bad_request"),
        ["nothing"] = (Send, "", "bad_request"),
        ["a list"] = (Send, "[]", "bad_request"),
        ["null"] = (Send, "null", "bad_request"),
        ["deep nesting"] = (Send, $$"""{"to":"$dm","text":"x","clientMsgId":"1","x":{{new string('[', 10_000)}}{{new string(']', 10_000)}}}""", "bad_request"),
        ["no to"] = (Send, """{"text":"x","clientMsgId":"1"}""", "bad_request"),
        ["a number as text"] = (Send, """{"to":"$dm","text":1,"clientMsgId":"1"}""", "bad_request"),
        ["an empty text"] = (Send, """{"to":"$dm","text":"","clientMsgId":"1"}""", "bad_request"),
        ["a lone surrogate"] = (Send, """{"to":"$dm","text":"\ud800","clientMsgId":"1"}""", "bad_request"),
        ["a text over 16 KiB"] = (Send, $$"""{"to":"$dm","text":"{{new string('x', (16 * 1024) + 1)}}","clientMsgId":"1"}""", "too_large"),
        ["a body of a MiB and more"] = (Send, $$"""{"to":"$dm","text":"{{new string('x', 2 * 1024 * 1024)}}","clientMsgId":"1"}""", "too_large"),
        ["no clientMsgId"] = (Send, """{"to":"$dm","text":"x"}""", "bad_request"),
        ["a clientMsgId that is too long"] = (Send, $$"""{"to":"$dm","text":"x","clientMsgId":"{{new string('a', 65)}}"}""", "bad_request"),
        ["a conversation of foreign shape"] = (Send, """{"to":"everybody","text":"x","clientMsgId":"1"}""", "bad_request"),

        ["list: a negative limit"] = ("GET /v1/conversations?limit=-1", null, "bad_request"),
        ["list: a word as limit"] = ("GET /v1/conversations?limit=many", null, "bad_request"),
        ["list: a cursor of foreign shape"] = ("GET /v1/conversations?cursor=%00", null, "bad_request"),
        ["messages: a conversation of foreign shape"] = ("GET /v1/conversations/everybody/messages", null, "bad_request"),
        ["messages: a negative after"] = ("GET /v1/conversations/$dm/messages?after=-1", null, "bad_request"),
        ["messages: an after of 2^53"] = ("GET /v1/conversations/$dm/messages?after=9007199254740992", null, "bad_request"),
        ["messages: a word as after"] = ("GET /v1/conversations/$dm/messages?after=x", null, "bad_request"),
        ["messages: a negative before"] = ("GET /v1/conversations/$dm/messages?before=-1", null, "bad_request"),
        ["messages: after and before"] = ("GET /v1/conversations/$dm/messages?after=0&before=5", null, "bad_request"),
        ["messages: a limit of nothing"] = ("GET /v1/conversations/$dm/messages?limit=0", null, "bad_request"),
        ["message: an id of foreign shape"] = ("GET /v1/conversations/$dm/messages/mine", null, "bad_request"),
        ["message: an unknown one"] = ($"GET /v1/conversations/$dm/messages/{Unknown}", null, "not_a_member"),
        ["edit: no text"] = ("PATCH /v1/conversations/$dm/messages/$id", "{}", "bad_request"),
        ["edit: an empty text"] = ("PATCH /v1/conversations/$dm/messages/$id", """{"text":""}""", "bad_request"),
        ["edit: an unknown message"] = ($"PATCH /v1/conversations/$dm/messages/{Unknown}", """{"text":"x"}""", "not_a_member"),
        ["edit: a message of another conversation"] = ("PATCH /v1/conversations/$g/messages/$id", """{"text":"x"}""", "not_a_member"),
        ["delete: a clientMsgId that is too long"] = ($"DELETE /v1/conversations/$dm/messages/$id?clientMsgId={new string('a', 65)}", null, "bad_request"),
        ["react: two emoji"] = ("PUT /v1/conversations/$dm/messages/$id/reactions/%F0%9F%91%8D%F0%9F%91%8D", null, "bad_request"),
        ["react: bytes that are no UTF-8"] = ("PUT /v1/conversations/$dm/messages/$id/reactions/%FF", null, "bad_request"),
        ["reactions: a cursor of foreign shape"] = ("GET /v1/conversations/$dm/messages/$id/reactions?cursor=%00", null, "bad_request"),
        ["reactions: a limit of nothing"] = ("GET /v1/conversations/$dm/messages/$id/reactions?limit=0", null, "bad_request"),
        ["pin: taken back, never set"] = ("DELETE /v1/conversations/$dm/messages/$id/pin", null, "conflict"),
        ["receipts: a conversation of foreign shape"] = ("GET /v1/conversations/dm:/receipts", null, "bad_request"),

        ["group: no title"] = ("POST /v1/groups", """{"members":[]}""", "bad_request"),
        ["group: a number as title"] = ("POST /v1/groups", """{"title":1,"members":[]}""", "bad_request"),
        ["group: a text as members"] = ("POST /v1/groups", """{"title":"x","members":"bob"}""", "bad_request"),
        ["group: a member of foreign shape"] = ("POST /v1/groups", """{"title":"x","members":["not a user"]}""", "bad_request"),
        ["group: an unknown history"] = ("POST /v1/groups", """{"title":"x","members":[],"history":"some"}""", "bad_request"),
        ["group: an id of foreign shape"] = ("GET /v1/groups/mine", null, "bad_request"),
        ["group: an unknown role"] = ("PATCH /v1/groups/$g/members/$other", """{"role":"king"}""", "bad_request"),
        ["group: a role for who is not in it"] = ("PATCH /v1/groups/$g/members/nobody-of-them", """{"role":"admin"}""", "not_found"),
        ["group: members of foreign shape"] = ("POST /v1/groups/$g/members", """{"members":["@bob"]}""", "bad_request"),

        ["register: a user id of foreign shape"] = ("POST /v1/auth/register", """{"userId":"not a user","password":"long enough 123","deviceId":"d"}""", "bad_request"),
        ["register: a device id of foreign shape"] = ("POST /v1/auth/register", """{"userId":"somebody-new","password":"long enough 123","deviceId":"-"}""", "bad_request"),
        ["register: no password"] = ("POST /v1/auth/register", """{"userId":"somebody-new","deviceId":"d"}""", "bad_request"),
        ["register: an empty password"] = ("POST /v1/auth/register", """{"userId":"somebody-new","password":"","deviceId":"d"}""", "bad_request"),
        ["login: a number as password"] = ("POST /v1/auth/login", """{"userId":"bob","password":1,"deviceId":"d"}""", "bad_request"),
        ["refresh: nothing"] = ("POST /v1/auth/refresh", "{}", "bad_request"),
        ["refresh: not a token"] = ("POST /v1/auth/refresh", """{"refreshToken":"open sesame"}""", "unauthenticated"),
        ["a device that is not there"] = ("DELETE /v1/devices/no-such-device", null, "not_found"),
        ["a call that is not there"] = ("GET /v1/no-such-call", null, "not_found"),
    };

    /// <summary>By name: a hub method, its argument, and the code that it gets.</summary>
    private static readonly Dictionary<string, (string Method, object? Request, string Code)> _hubCalls = new(StringComparer.Ordinal)
    {
        ["nothing"] = ("SendMessage", null, "bad_request"),
        ["a text for a request"] = ("SendMessage", "hello", "bad_request"),
        ["a number as text"] = ("SendMessage", new { to = "$dm", text = 1, clientMsgId = "1" }, "bad_request"),
        ["an empty text"] = ("SendMessage", new { to = "$dm", text = "", clientMsgId = "1" }, "bad_request"),
        ["a text over 16 KiB"] = ("SendMessage", new { to = "$dm", text = new string('x', (16 * 1024) + 1), clientMsgId = "1" }, "too_large"),
        ["no clientMsgId"] = ("SendMessage", new { to = "$dm", text = "x" }, "bad_request"),
        ["a conversation of foreign shape"] = ("SendMessage", new { to = "everybody", text = "x", clientMsgId = "1" }, "bad_request"),
        ["a negative seqNo"] = ("Ack", new { conversationId = "$dm", seqNo = -1, status = "read" }, "bad_request"),
        ["beyond the last message"] = ("Ack", new { conversationId = "$dm", seqNo = 2, status = "read" }, "bad_request"),
        ["a text as seqNo"] = ("Ack", new { conversationId = "$dm", seqNo = "1", status = "read" }, "bad_request"),
        ["an unknown status"] = ("Ack", new { conversationId = "$dm", seqNo = 1, status = "liked" }, "bad_request"),
        ["a negative after"] = ("Sync", new { conversationId = "$dm", after = -1, limit = 10 }, "bad_request"),
        ["a text as active"] = ("Typing", new { conversationId = "$dm", active = "yes" }, "bad_request"),
        ["a text as subscribe"] = ("Presence", new { subscribe = "bob" }, "bad_request"),
        ["an edit without a text"] = ("Edit", new { to = "$dm", messageId = Unknown, clientMsgId = "1" }, "bad_request"),
        ["an edit of an unknown message"] = ("Edit", new { to = "$dm", messageId = Unknown, text = "x", clientMsgId = "1" }, "not_a_member"),
        ["a deletion of nothing"] = ("Delete", new { to = "$dm", clientMsgId = "1" }, "bad_request"),
        ["a reaction without an emoji"] = ("React", new { to = "$dm", messageId = Unknown, on = true, clientMsgId = "1" }, "bad_request"),
        ["a text as on"] = ("Pin", new { to = "$dm", messageId = Unknown, on = "yes", clientMsgId = "1" }, "bad_request"),
        ["not a token"] = ("Auth", new { token = "open sesame" }, "unauthenticated"),
    };

    public static TheoryData<string> RestCalls => [.. _restCalls.Keys];

    public static TheoryData<string, bool> HubCalls => [.. _hubCalls.Keys.SelectMany(k => new[] { (k, false), (k, true) })];

    [Theory]
    [MemberData(nameof(RestCalls))]
    public async Task A_bad_call_over_REST_gets_its_error_and_does_nothing(string name)
    {
        var (me, other, direct, id) = await CallerAsync();
        var group = await me.CreateGroupAsync("Ours", other);
        var (call, body, code) = _restCalls[name];
        string Fill(string template) => template
            .Replace("$dm", direct, StringComparison.Ordinal)
            .Replace("$g", group, StringComparison.Ordinal)
            .Replace("$other", other.UserId, StringComparison.Ordinal)
            .Replace("$id", id, StringComparison.Ordinal);

        var parts = Fill(call).Split(' ', 2);
        var answer = await me.Rest.SendAsync(new HttpMethod(parts[0]), parts[1], body is null ? null : Fill(body));

        answer.ExpectProblem(StatusOf(code), code);
        Assert.Single(await me.Rest.ReadLogAsync(direct));
        Assert.Equal(2, (await me.Rest.GetAsync("/v1/conversations")).Expect(HttpStatusCode.OK).Items("conversations").Count);
    }

    [Theory]
    [MemberData(nameof(HubCalls))]
    public async Task A_bad_call_over_the_hub_gets_its_error_and_does_nothing(string name, bool messagePack)
    {
        var (me, _, direct, _) = await CallerAsync();
        var (method, request, code) = _hubCalls[name];
        await using var client = await HubClient.ConnectAsync(me, messagePack);

        var refusal = await Assert.ThrowsAsync<RefusedException>(() => client.InvokeAsync(method, WithDirect(request, direct)));

        Assert.Equal(code, refusal.Code);
        await client.SendTextAsync(direct, "after", "after");
        Assert.Equal(["before", "after"], (await me.Rest.ReadLogAsync(direct)).Select(m => m.Text("text")));
    }

    [Fact]
    public async Task A_hub_method_that_is_not_there_is_refused_and_the_connection_stays()
    {
        var (me, _, direct, _) = await CallerAsync();
        await using var client = await HubClient.ConnectAsync(me);

        await Assert.ThrowsAsync<HubException>(() => client.InvokeAsync("Dance", new { }));

        await client.SendTextAsync(direct, "after", "after");
    }

    [Fact]
    public async Task A_body_that_is_not_JSON_is_refused()
    {
        var (me, _, direct, _) = await CallerAsync();
        using var xml = new StringContent("<to>everybody</to>", Encoding.UTF8, "application/xml");
        using var latin1 = new ByteArrayContent([.. Encoding.ASCII.GetBytes($"{{\"to\":\"{direct}\",\"clientMsgId\":\"1\",\"text\":\""), 0xE4, .. "\"}"u8]);
        latin1.Headers.ContentType = new MediaTypeHeaderValue("application/json");

        var answers = new[] { await me.Rest.SendContentAsync(HttpMethod.Post, "/v1/messages", xml), await me.Rest.SendContentAsync(HttpMethod.Post, "/v1/messages", latin1) };

        // 415 would say more to a client that looks at nothing but the status.
        Assert.All(answers, a => Assert.True(a.Status is HttpStatusCode.BadRequest or HttpStatusCode.UnsupportedMediaType, a.Content));
        Assert.All(answers, a => Assert.Equal("bad_request", a.Json.Text("code")));
        Assert.Single(await me.Rest.ReadLogAsync(direct));
    }

    private async Task<(Account Me, Account Other, string Direct, string MessageId)> CallerAsync()
    {
        var me = await shared.NewUserAsync("bad");
        var other = await shared.NewUserAsync("other");
        var sent = (await me.Rest.SendMessageAsync(me.DirectTo(other), "before", "before")).Expect(HttpStatusCode.Created);
        return (me, other, me.DirectTo(other), sent.Text("messageId"));
    }

    private static JsonNode? WithDirect(object? request, string direct) =>
        JsonNode.Parse(JsonSerializer.Serialize(request).Replace("$dm", direct, StringComparison.Ordinal));

    private static HttpStatusCode StatusOf(string code) => code switch
    {
        "bad_request" => HttpStatusCode.BadRequest,
        "unauthenticated" => HttpStatusCode.Unauthorized,
        "not_found" => HttpStatusCode.NotFound,
        "not_a_member" => HttpStatusCode.Forbidden,
        "conflict" => HttpStatusCode.Conflict,
        "too_large" => HttpStatusCode.RequestEntityTooLarge,
        _ => throw new ArgumentOutOfRangeException(nameof(code), code, "No status is known for it."),
    };
}
