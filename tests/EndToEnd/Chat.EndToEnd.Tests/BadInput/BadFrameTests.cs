using System.Net;
using System.Net.WebSockets;
using System.Text;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.BadInput;

/// <summary>What the protocol does not allow on /ws gets a named error, changes nothing, and leaves the connection usable.</summary>
public sealed class BadFrameTests(SharedServer shared)
{
    private const int MaxFrame = 64 * 1024;
    private const string Unknown = "01890000-0000-7000-8000-000000000000";

    /// <summary>By name: a frame, and the code that it gets. <c>$dm</c> is a conversation whose last message, <c>$id</c>, has seqNo 1.</summary>
    private static readonly Dictionary<string, (string Frame, string Code)> _frames = new(StringComparer.Ordinal)
    {
        ["nothing"] = ("", "bad_request"),
        ["broken JSON"] = ("""{"type":"message",""", "bad_request"),
        ["two objects"] = ("""{"type":"ping"}{"type":"ping"}""", "bad_request"),
        ["a list"] = ("""[{"type":"ping"}]""", "bad_request"),
        ["a text"] = ("\"ping\"", "bad_request"),
        ["null"] = ("null", "bad_request"),
        ["no type"] = ("""{"to":"$dm","text":"x","clientMsgId":"1"}""", "bad_request"),
        ["a number as type"] = ("""{"type":7}""", "bad_request"),
        ["an unknown type"] = ("""{"type":"dance"}""", "bad_request"),
        ["a server's type"] = ("""{"type":"welcome","userId":"eve"}""", "bad_request"),
        ["deep nesting"] = ($$"""{"type":"message","to":"$dm","text":"x","clientMsgId":"1","x":{{new string('[', 20_000)}}{{new string(']', 20_000)}}}""", "bad_request"),

        ["message: no to"] = ("""{"type":"message","text":"x","clientMsgId":"1"}""", "bad_request"),
        ["message: a number as to"] = ("""{"type":"message","to":5,"text":"x","clientMsgId":"1"}""", "bad_request"),
        ["message: a word as to"] = (With("to", "everybody"), "bad_request"),
        ["message: an empty to"] = (With("to", ""), "bad_request"),
        ["message: an empty user"] = (With("to", "@"), "bad_request"),
        ["message: a user of foreign shape"] = (With("to", "@-bob"), "bad_request"),
        ["message: a user id that is too long"] = (With("to", $"@{new string('a', 65)}"), "bad_request"),
        ["message: a user id with a line break"] = (With("to", @"@bob\n"), "bad_request"),
        ["message: direct with ids out of order"] = (With("to", "$dmReversed"), "bad_request"),
        ["message: another's note to self"] = (With("to", "dm:nobody:nobody"), "not_a_member"),
        ["message: to oneself"] = (With("to", "@$me"), "bad_request"),
        ["message: direct with one id"] = (With("to", "dm:$me"), "bad_request"),
        ["message: direct with three ids"] = (With("to", "dm:a:b:c"), "bad_request"),
        ["message: a group id in upper case"] = (With("to", $"g:{new string('A', 32)}"), "bad_request"),
        ["message: a group id that is too short"] = (With("to", $"g:{new string('a', 31)}"), "bad_request"),
        ["message: no text"] = ("""{"type":"message","to":"$dm","clientMsgId":"1"}""", "bad_request"),
        ["message: an empty text"] = (With("text", ""), "bad_request"),
        ["message: a number as text"] = (WithRaw("text", "42"), "bad_request"),
        ["message: null as text"] = (WithRaw("text", "null"), "bad_request"),
        ["message: a lone high surrogate"] = (With("text", @"\ud800"), "bad_request"),
        ["message: a lone low surrogate"] = (With("text", @"a\udc00b"), "bad_request"),
        ["message: a text over 16 KiB"] = (With("text", $"{new string('x', (16 * 1024) + 1)}"), "too_large"),
        ["message: a text over 16 KiB in fewer characters"] = (With("text", $"{new string('ä', (8 * 1024) + 1)}"), "too_large"),
        ["message: no clientMsgId"] = ("""{"type":"message","to":"$dm","text":"x"}""", "bad_request"),
        ["message: an empty clientMsgId"] = (With("clientMsgId", ""), "bad_request"),
        ["message: a clientMsgId that is too long"] = (With("clientMsgId", $"{new string('a', 65)}"), "bad_request"),
        ["message: a clientMsgId beyond ASCII"] = (With("clientMsgId", "ä"), "bad_request"),
        ["message: a clientMsgId that does not print"] = (With("clientMsgId", @"a\u0000b"), "bad_request"),
        ["message: a number as clientMsgId"] = (WithRaw("clientMsgId", "1"), "bad_request"),
        ["message: a reply to nothing"] = (With("replyTo", "that one"), "bad_request"),
        ["message: a text as mediaIds"] = (With("mediaIds", "photo"), "bad_request"),
        ["message: a negative lastSeenSeqNo"] = (WithRaw("lastSeenSeqNo", "-1"), "bad_request"),
        ["message: an absurd lastSeenSeqNo"] = (WithRaw("lastSeenSeqNo", "9007199254740992"), "bad_request"),

        ["ack: of nothing"] = ("""{"type":"ack","status":"delivered"}""", "bad_request"),
        ["ack: no status"] = ("""{"type":"ack","conversationId":"$dm","seqNo":1}""", "bad_request"),
        ["ack: an unknown status"] = ("""{"type":"ack","conversationId":"$dm","seqNo":1,"status":"liked"}""", "bad_request"),
        ["ack: the server's own status"] = ("""{"type":"ack","conversationId":"$dm","seqNo":1,"status":"sent"}""", "bad_request"),
        ["ack: no seqNo"] = ("""{"type":"ack","conversationId":"$dm","status":"read"}""", "bad_request"),
        ["ack: a negative seqNo"] = ("""{"type":"ack","conversationId":"$dm","seqNo":-1,"status":"read"}""", "bad_request"),
        ["ack: a seqNo of 2^53"] = ("""{"type":"ack","conversationId":"$dm","seqNo":9007199254740992,"status":"read"}""", "bad_request"),
        ["ack: a seqNo beyond 64 bits"] = ("""{"type":"ack","conversationId":"$dm","seqNo":99999999999999999999,"status":"read"}""", "bad_request"),
        ["ack: a broken seqNo"] = ("""{"type":"ack","conversationId":"$dm","seqNo":0.5,"status":"read"}""", "bad_request"),
        ["ack: a text as seqNo"] = ("""{"type":"ack","conversationId":"$dm","seqNo":"1","status":"read"}""", "bad_request"),
        ["ack: beyond the last message"] = ("""{"type":"ack","conversationId":"$dm","seqNo":2,"status":"read"}""", "bad_request"),
        ["ack: an unknown message"] = ("""{"type":"ack","messageId":"01890000-0000-7000-8000-000000000000","status":"read"}""", "not_a_member"),
        ["ack: a conversation of foreign shape"] = ("""{"type":"ack","conversationId":"dm:","seqNo":1,"status":"read"}""", "bad_request"),

        ["sync: no conversation"] = ("""{"type":"sync","after":0,"limit":10}""", "bad_request"),
        ["sync: a negative after"] = ("""{"type":"sync","conversationId":"$dm","after":-1,"limit":10}""", "bad_request"),
        ["sync: an absurd after"] = ("""{"type":"sync","conversationId":"$dm","after":1e300,"limit":10}""", "bad_request"),
        ["sync: an after of 2^53"] = ("""{"type":"sync","conversationId":"$dm","after":9007199254740992,"limit":10}""", "bad_request"),
        ["sync: a negative limit"] = ("""{"type":"sync","conversationId":"$dm","after":0,"limit":-1}""", "bad_request"),
        ["sync: a limit of nothing"] = ("""{"type":"sync","conversationId":"$dm","after":0,"limit":0}""", "bad_request"),
        ["sync: a text as limit"] = ("""{"type":"sync","conversationId":"$dm","after":0,"limit":"all"}""", "bad_request"),

        ["edit: of nothing"] = ("""{"type":"edit","to":"$dm","text":"x","clientMsgId":"1"}""", "bad_request"),
        ["edit: an unknown message"] = (Change("edit", Unknown, "\"text\":\"x\""), "not_a_member"),
        ["edit: an empty text"] = (Change("edit", "$id", "\"text\":\"\""), "bad_request"),
        ["edit: the text that it has"] = (Change("edit", "$id", "\"text\":\"before\""), "bad_request"),
        ["edit: a text over 16 KiB"] = (Change("edit", "$id", $"\"text\":\"{new string('x', (16 * 1024) + 1)}\""), "too_large"),
        ["edit: a negative basedOn"] = (Change("edit", "$id", "\"text\":\"x\",\"basedOn\":-1"), "bad_request"),
        ["delete: an unknown message"] = (Change("delete", Unknown, "\"x\":1"), "not_a_member"),
        ["delete: a message of foreign shape"] = (Change("delete", "that one", "\"x\":1"), "bad_request"),
        ["react: no emoji"] = (Change("react", "$id", "\"on\":true"), "bad_request"),
        ["react: a word"] = (Change("react", "$id", "\"emoji\":\"yes\",\"on\":true"), "bad_request"),
        ["react: two emoji"] = (Change("react", "$id", "\"emoji\":\"👍👍\",\"on\":true"), "bad_request"),
        ["react: joined without end"] = (Change("react", "$id", $"\"emoji\":\"👨{string.Concat(Enumerable.Repeat("\u200d👨", 1_000))}\",\"on\":true"), "bad_request"),
        ["react: a mark of direction"] = (Change("react", "$id", "\"emoji\":\"\u202e👍\",\"on\":true"), "bad_request"),
        ["react: taken back, never set"] = (Change("react", "$id", "\"emoji\":\"👍\",\"on\":false"), "conflict"),
        ["pin: a text as on"] = (Change("pin", "$id", "\"on\":\"yes\""), "bad_request"),
        ["pin: taken back, never set"] = (Change("pin", "$id", "\"on\":false"), "conflict"),

        ["typing: no conversation"] = ("""{"type":"typing","active":true}""", "bad_request"),
        ["typing: a text as active"] = ("""{"type":"typing","conversationId":"$dm","active":"yes"}""", "bad_request"),

        ["presence: a text as subscribe"] = ("""{"type":"presence","subscribe":"bob"}""", "bad_request"),
        ["presence: a number among the users"] = ("""{"type":"presence","subscribe":["bob",1]}""", "bad_request"),
        ["presence: a user of foreign shape"] = ("""{"type":"presence","subscribe":["not a user"]}""", "bad_request"),

        ["auth: no token"] = ("""{"type":"auth"}""", "bad_request"),
        ["auth: a number as token"] = ("""{"type":"auth","token":1}""", "bad_request"),
        ["auth: not a token"] = ("""{"type":"auth","token":"open sesame"}""", "unauthenticated"),

        ["a frame over 64 KiB"] = (Padded(MaxFrame + 1), "too_large"),
        ["a frame of half a MiB"] = (Padded(512 * 1024), "too_large"),
    };

    public static TheoryData<string> Frames => [.. _frames.Keys];

    [Theory]
    [MemberData(nameof(Frames))]
    public async Task A_bad_frame_gets_its_error_and_nothing_else(string name)
    {
        var me = await shared.NewUserAsync("bad");
        var other = await shared.NewUserAsync("other");
        await using var client = await me.ConnectCaughtUpAsync();
        var before = await client.SendTextAsync(me.DirectTo(other), "before", "before");

        var (first, second) = string.CompareOrdinal(me.UserId, other.UserId) < 0 ? (me, other) : (other, me);
        var frame = _frames[name].Frame
            .Replace("$dmReversed", $"dm:{second.UserId}:{first.UserId}", StringComparison.Ordinal)
            .Replace("$dm", me.DirectTo(other), StringComparison.Ordinal)
            .Replace("$me", me.UserId, StringComparison.Ordinal)
            .Replace("$id", before.Text("messageId"), StringComparison.Ordinal);
        await client.SendRawAsync(frame);

        var error = await client.ExpectErrorAsync(_frames[name].Code);
        Assert.NotEqual("", error.Text("message"));
        await client.PingAsync();
        await client.SendTextAsync(me.DirectTo(other), "after", "after");
        Assert.Equal(["before", "after"], (await me.Rest.ReadLogAsync(me.DirectTo(other))).Select(m => m.Text("text")));
        Assert.DoesNotContain(client.Received.All, f => f.Type == "page");
    }

    [Fact]
    public async Task What_is_just_allowed_is_taken()
    {
        var me = await shared.NewUserAsync("just");
        await using var client = await me.ConnectCaughtUpAsync();

        var longest = new string('x', 16 * 1024);
        await client.SendTextAsync("@nobody-has-this-id", longest, "1");
        await client.SendTextAsync("@nobody-has-this-id", "a \0 and a \ud83d\ude00", new string('~', 64));
        await client.SendMessageAsync(new { to = "@nobody-has-this-id", text = "unknown properties", clientMsgId = " ", colour = new { red = 1 } });
        await client.SendRawAsync(Padded(MaxFrame));
        await client.ExpectAsync("pong");

        var log = await me.Rest.ReadLogAsync(Account.Direct(me.UserId, "nobody-has-this-id"));
        Assert.Equal([longest, "a \0 and a \ud83d\ude00", "unknown properties"], log.Select(m => m.Text("text")));
    }

    [Fact]
    public async Task A_frame_may_come_in_pieces()
    {
        var me = await shared.NewUserAsync("pieces");
        await using var client = await me.ConnectCaughtUpAsync();

        foreach (var piece in "{\"type\":\"pi")
            await client.SendRawAsync(new[] { (byte)piece }, WebSocketMessageType.Text, endOfMessage: false);
        await client.SendRawAsync("ng\"}"u8.ToArray(), WebSocketMessageType.Text);

        await client.ExpectAsync("pong");
    }

    [Fact]
    public async Task Invalid_UTF_8_is_a_bad_request_and_stores_nothing()
    {
        var me = await shared.NewUserAsync("utf8");
        await using var client = await me.ConnectCaughtUpAsync();

        byte[] frame = [.. "{\"type\":\"message\",\"to\":\"@bob\",\"clientMsgId\":\"1\",\"text\":\""u8, 0xC3, 0x28, .. "\"}"u8];
        await client.SendRawAsync(frame, WebSocketMessageType.Text);

        await client.ExpectErrorAsync("bad_request");
        Assert.Empty((await me.Rest.GetAsync("/v1/conversations")).Expect(HttpStatusCode.OK).Items("conversations"));
    }

    [Fact]
    public async Task A_binary_frame_is_a_protocol_error()
    {
        var me = await shared.NewUserAsync("binary");
        await using var client = await me.ConnectCaughtUpAsync();

        await client.SendRawAsync(Encoding.UTF8.GetBytes("""{"type":"ping"}"""), WebSocketMessageType.Binary);

        await client.ExpectCloseAsync(4002);
    }

    [Fact]
    public async Task A_frame_over_1_MiB_ends_the_connection()
    {
        var me = await shared.NewUserAsync("huge");
        await using var client = await me.ConnectCaughtUpAsync();

        await client.SendRawAsync(Padded((1024 * 1024) + 1));

        await client.ExpectCloseAsync(1009);
    }

    [Fact]
    public async Task A_refusal_stops_nothing_after_it()
    {
        var me = await shared.NewUserAsync("goes-on");
        await using var client = await me.ConnectCaughtUpAsync();

        var sends = Enumerable.Range(0, 20)
            .Select(i => client.SendTextAsync(i % 2 == 0 ? "@bob" : $"g:{new string('0', 32)}", $"{i}", $"{i}"))
            .ToList();

        foreach (var (i, send) in sends.Index())
        {
            if (i % 2 == 0)
                await send;
            else
                Assert.Equal("not_a_member", (await Assert.ThrowsAsync<RefusedException>(() => send)).Code);
        }

        var log = await me.Rest.ReadLogAsync(Account.Direct(me.UserId, "bob"));
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"{2 * i}"), log.Select(m => m.Text("text")));
    }

    /// <summary>A good message but for one property, a text.</summary>
    /// <param name="text">As JSON writes it, without the quotes.</param>
    private static string With(string property, string text) => WithRaw(property, "\"" + text + "\"");

    private static string WithRaw(string property, string json)
    {
        var good = new Dictionary<string, string> { ["to"] = "\"$dm\"", ["text"] = "\"x\"", ["clientMsgId"] = "\"1\"", [property] = json };
        return "{\"type\":\"message\"," + string.Join(',', good.Select(p => $"\"{p.Key}\":{p.Value}")) + "}";
    }

    private static string Change(string type, string message, string more) =>
        "{\"type\":\"" + type + "\",\"to\":\"$dm\",\"messageId\":\"" + message + "\"," + more + ",\"clientMsgId\":\"1\"}";

    /// <summary>A ping of exactly that many bytes.</summary>
    private static string Padded(int bytes)
    {
        const string start = """{"type":"ping","x":""" + "\"";
        return start + new string('x', bytes - start.Length - 2) + "\"}";
    }
}
