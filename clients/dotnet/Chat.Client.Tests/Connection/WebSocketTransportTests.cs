using System.Net;
using System.Net.WebSockets;
using System.Text;
using Chat.EndToEnd.Tests.Running;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Client.Tests.Connection;

/// <summary>Against a bare WebSocket server, to see what a real one would not do when asked.</summary>
public sealed class WebSocketTransportTests : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly FakeTimeProvider _clock = new();
    private readonly Uri _address = new($"http://127.0.0.1:{FreePort.Next()}/");
    private string? _authorization;

    public WebSocketTransportTests()
    {
        _listener.Prefixes.Add(_address.ToString());
        _listener.Start();
    }

    [Fact]
    public async Task A_silent_connection_is_asked_after_25_seconds_and_lost_10_seconds_later()
    {
        await using var transport = New();
        using var server = await ConnectAsync(transport);

        _clock.Advance(TimeSpan.FromSeconds(25));
        Assert.Equal("""{"type":"ping"}""", await HearAsync(server));
        Assert.False(transport.Frames.Completion.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(10));

        await transport.Frames.Completion.WaitAsync(Until.Patience);
        Assert.Equal(CloseReason.Lost, transport.End.Reason);
    }

    [Fact]
    public async Task What_comes_puts_the_question_off()
    {
        await using var transport = New();
        using var server = await ConnectAsync(transport);

        _clock.Advance(TimeSpan.FromSeconds(20));
        await SayAsync(server, """{"type":"typing","conversationId":"dm:a:b","userId":"b","active":true,"new":{"a":[1]}}""");
        Assert.Equal(new TypingShown("dm:a:b", "b", true), await transport.Frames.ReadAsync(TestContext.Current.CancellationToken));
        _clock.Advance(TimeSpan.FromSeconds(20));
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("""{"type":"ping"}""", await HearAsync(server));
        await SayAsync(server, """{"type":"pong"}""");
        Assert.IsType<Alive>(await transport.Frames.ReadAsync(TestContext.Current.CancellationToken));
        _clock.Advance(TimeSpan.FromSeconds(10));

        Assert.False(transport.Frames.Completion.IsCompleted);
    }

    [Theory]
    [InlineData(4000, "replaced", nameof(CloseReason.Replaced))]
    [InlineData(4001, "token_expired", nameof(CloseReason.TokenExpired))]
    [InlineData(4001, "revoked", nameof(CloseReason.Revoked))]
    [InlineData(4008, "over a limit", nameof(CloseReason.Lost))]
    [InlineData(1001, "going away", nameof(CloseReason.Lost))]
    [InlineData(1011, "internal error", nameof(CloseReason.Lost))]
    public async Task A_close_says_why(int code, string text, string reason)
    {
        await using var transport = New();
        using var server = await ConnectAsync(transport);

        await server.CloseOutputAsync((WebSocketCloseStatus)code, text, CancellationToken.None);
        await transport.Frames.Completion.WaitAsync(Until.Patience);

        Assert.Equal(Enum.Parse<CloseReason>(reason), transport.End.Reason);
    }

    [Theory]
    [InlineData(401, ErrorCodes.Unauthenticated)]
    [InlineData(503, ErrorCodes.Unavailable)]
    [InlineData(404, ErrorCodes.Network)]
    public async Task A_refused_upgrade_says_why(int status, string code)
    {
        await using var transport = New();
        var connecting = transport.ConnectAsync(new Caller("alice", "token"), CancellationToken.None);
        var context = await _listener.GetContextAsync();
        context.Response.StatusCode = status;
        context.Response.Close();

        Assert.Equal(code, (await Assert.ThrowsAsync<ChatException>(() => connecting)).Code);
    }

    [Fact]
    public async Task Frames_are_the_contracts_and_what_is_no_frame_is_passed_over()
    {
        await using var transport = New();
        using var server = await ConnectAsync(transport);
        Assert.Equal("Bearer token", _authorization);

        await transport.SendAsync(new SendFrame("@bob", "c1", new MessageContent("ünï \"quoted\" <b>")), CancellationToken.None);
        Assert.Equal("""{"type":"message","to":"@bob","clientMsgId":"c1","text":"ünï \"quoted\" <b>"}""", await HearAsync(server));
        await transport.SendAsync(new AckFrame("dm:a:b", 3, AckStatus.Read), CancellationToken.None);
        Assert.Equal("""{"type":"ack","conversationId":"dm:a:b","seqNo":3,"status":"read"}""", await HearAsync(server));

        foreach (var odd in new[] { "{", "[]", """{"type":7}""", """{"type":"message"}""", """{"type":"tomorrow"}""", """{"type":"ack","status":"sent"}""" })
            await SayAsync(server, odd);
        await SayAsync(server, """{"type":"error","code":"rate_limited","message":"slow","clientMsgId":"c1","retryAfterMs":1500}""");
        Assert.Equal(new Refusal("rate_limited", "slow", "c1", TimeSpan.FromSeconds(1.5)), await transport.Frames.ReadAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_message_of_a_newer_server_comes_with_all_that_it_says()
    {
        await using var transport = New();
        using var server = await ConnectAsync(transport);

        await SayAsync(server, """
            {"type":"message","messageId":"m1","conversationId":"dm:a:b","seqNo":7,"senderId":"b","text":"hi","timestamp":5,"replyTo":"m0","status":"x","poll":[1]}
            """);
        await SayAsync(server, """{"type":"message","messageId":"m2","conversationId":"dm:a:b","seqNo":8,"senderId":"b","timestamp":5,"deleted":{"by":"b","at":6},"changedSeqNo":9}""");
        await SayAsync(server, """{"type":"message","messageId":"m3","conversationId":"dm:a:b","seqNo":9,"senderId":"b","text":null,"timestamp":5}""");

        var message = Assert.IsType<MessageArrived>(await transport.Frames.ReadAsync(TestContext.Current.CancellationToken)).Message;
        Assert.Equal(("m1", 7, "b", "hi", "m0"), (message.MessageId, message.SeqNo, message.SenderId, message.Text, message.ReplyTo));
        Assert.Equal(["poll", "status"], message.Unknown.Keys.Order());
        var wordless = Assert.IsType<MessageArrived>(await transport.Frames.ReadAsync(TestContext.Current.CancellationToken)).Message;
        Assert.Equal(
            (8, "", new Deletion("b", DateTimeOffset.FromUnixTimeMilliseconds(6)), 9), (wordless.SeqNo, wordless.Text, wordless.Deleted!, wordless.ChangedSeqNo));
        Assert.Equal("", Assert.IsType<MessageArrived>(await transport.Frames.ReadAsync(TestContext.Current.CancellationToken)).Message.Text);
    }

    [Fact]
    public async Task A_frame_that_the_server_would_not_read_is_refused_here()
    {
        await using var transport = New();
        using var server = await ConnectAsync(transport);

        await transport.SendAsync(new SendFrame("@bob", "c1", new MessageContent(new string('\u0001', 16 * 1024))), CancellationToken.None);

        var refusal = Assert.IsType<Refusal>(await transport.Frames.ReadAsync(TestContext.Current.CancellationToken));
        Assert.Equal((ErrorCodes.TooLarge, "c1"), (refusal.Code, refusal.ClientMsgId));
    }

    public void Dispose() => _listener.Close();

    private WebSocketTransport New() => new(_address, null, _clock, NullLogger.Instance);

    private async Task<WebSocket> ConnectAsync(WebSocketTransport transport)
    {
        var connecting = transport.ConnectAsync(new Caller("alice", "token"), CancellationToken.None);
        var context = await _listener.GetContextAsync();
        _authorization = context.Request.Headers["Authorization"];
        var accepted = await context.AcceptWebSocketAsync(null);
        await connecting;
        return accepted.WebSocket;
    }

    private static async Task<string> HearAsync(WebSocket server)
    {
        var buffer = new byte[4096];
        var part = await server.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(buffer, 0, part.Count);
    }

    private static Task SayAsync(WebSocket server, string text) =>
        server.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, CancellationToken.None);
}
