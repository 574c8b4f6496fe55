using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Presence.Contracts;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Transports.Tests.WebSocket;

public sealed partial class WebSocketTests : IAsyncDisposable
{
    private const string Hello = """{"type":"message","to":"@bob","text":"hello","clientMsgId":"c1"}""";

    private static readonly ConversationId Conversation = ConversationId.Parse("dm:alice:bob");
    private static readonly MessageId Id = MessageId.Parse("01890a5d-ac96-774b-bcce-b302099a8057");

    private TransportHost? _host;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_connection_is_welcomed_first()
    {
        await using var client = await (await OpenAsync(new FakeTimeProvider(DateTimeOffset.FromUnixTimeMilliseconds(1790000000000)))).ConnectAsync();

        Assert.Equal("""{"type":"welcome","userId":"alice","deviceId":"phone","serverTime":1790000000000,"epoch":"e1"}""", await client.NextAsync());
    }

    [Fact]
    public async Task Messages_sent_in_one_breath_are_acked_in_their_order()
    {
        await using var client = await ConnectAsync();

        foreach (var i in Enumerable.Range(1, 20))
            await client.SendAsync(Hello.Replace("c1", $"c{i}", StringComparison.Ordinal));

        foreach (var i in Enumerable.Range(1, 20))
            Assert.Equal(
                $$"""{"type":"ack","clientMsgId":"c{{i}}","messageId":"{{Id}}","conversationId":"dm:alice:bob","seqNo":{{i}},"timestamp":1000,"status":"sent"}""",
                await client.NextAsync());
    }

    [Fact]
    public async Task What_the_client_has_seen_is_repaired_before_the_ack_and_only_of_an_accepted_message()
    {
        await using var client = await ConnectAsync();
        var attached = await _host!.Connections.FirstAsync();
        var seen = Hello.Replace("}", ""","lastSeenSeqNo":41}""", StringComparison.Ordinal);

        await client.AskAsync(seen);
        Assert.Equal([(Conversation, new SeqNo(41))], attached.Repairs);

        _host.Mediator.Answer<SendMessage, Result<SentMessage>>(_ => MessagingErrors.NotAMember);
        await client.AskAsync(seen);
        Assert.Single(attached.Repairs);
    }

    [Fact]
    public async Task Refusals_come_as_errors_that_name_the_attempt()
    {
        await using var client = await ConnectAsync();
        _host!.Mediator.Answer<SendMessage, Result<SentMessage>>(_ => new Error(ErrorCodes.RateLimited, "Wait.", TimeSpan.FromMilliseconds(20)));

        Assert.Equal("""{"type":"error","code":"rate_limited","message":"Wait.","clientMsgId":"c1","retryAfterMs":20}""", await client.AskAsync(Hello));
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_store_that_is_gone_is_unavailable_and_a_bug_is_internal_and_the_connection_stays(bool isTheStore)
    {
        await using var client = await ConnectAsync();
        _host!.Mediator.Answer<SendMessage, Result<SentMessage>>(_ => throw (isTheStore ? new StoreUnavailableException("gone") : new InvalidOperationException("bug")));

        var error = JsonDocument.Parse(await client.AskAsync(Hello)).RootElement;

        Assert.Equal(isTheStore ? "unavailable" : "internal", error.GetProperty("code").GetString());
        Assert.Equal("c1", error.GetProperty("clientMsgId").GetString());
        Assert.Equal(isTheStore, error.TryGetProperty("retryAfterMs", out _));
        Assert.Equal("""{"type":"pong"}""", await client.AskAsync("""{"type":"ping"}"""));
    }

    [Fact]
    public async Task Acks_and_typing_are_answered_only_by_refusals()
    {
        await using var client = await ConnectAsync();
        _host!.Mediator
            .Answer<Acknowledge, Result<Done>>(ack => ack.SeqNo.Value > 2 ? Error.BadRequest("Beyond.") : default(Done))
            .Answer<AcknowledgeMessage, Result<Done>>(_ => MessagingErrors.NotAMember)
            .Answer<SetTyping, Result<Done>>(_ => default(Done));

        await client.SendAsync("""{"type":"typing","conversationId":"dm:alice:bob","active":true}""");
        await client.SendAsync("""{"type":"ack","conversationId":"dm:alice:bob","seqNo":2,"status":"delivered"}""");
        await client.SendAsync("""{"type":"ack","conversationId":"dm:alice:bob","seqNo":3,"status":"delivered"}""");
        await client.SendAsync($$"""{"type":"ack","messageId":"{{Id}}","status":"read"}""");

        Assert.Equal("""{"type":"error","code":"bad_request","message":"Beyond."}""", await client.NextAsync());
        Assert.StartsWith("""{"type":"error","code":"not_a_member",""", await client.NextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sync_is_answered_by_a_page_and_a_subscription_by_states()
    {
        await using var client = await ConnectAsync();
        _host!.Mediator
            .Answer<GetMessages, Result<MessagePage>>(get => new MessagePage(get.Conversation, [], get.After, null, new SeqNo(get.Limit)))
            .Answer<SubscribePresence, Result<IReadOnlyList<PresenceState>>>(subscribe => subscribe.Connection == new ConnectionId(1)
                ? new List<PresenceState> { new(subscribe.Subscribe[0], true, null) } : Error.BadRequest(""));

        Assert.Equal(
            """{"type":"page","conversationId":"dm:alice:bob","messages":[],"nextAfter":7,"maxSeqNo":5}""",
            await client.AskAsync("""{"type":"sync","conversationId":"dm:alice:bob","after":7,"limit":5}"""));
        Assert.Equal("""{"type":"presence","userId":"bob","online":true}""", await client.AskAsync("""{"type":"presence","subscribe":["bob"]}"""));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("")]
    [InlineData("""{"type":"nothing"}""")]
    public async Task A_bad_frame_is_refused_and_stops_nothing_after_it(string frame)
    {
        await using var client = await ConnectAsync();

        Assert.StartsWith("""{"type":"error","code":"bad_request",""", await client.AskAsync(frame), StringComparison.Ordinal);
        Assert.StartsWith("""{"type":"ack",""", await client.AskAsync(Hello), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_frame_in_fragments_is_one_frame()
    {
        await using var client = await ConnectAsync();

        foreach (var part in Hello.Chunk(7))
            await client.SendAsync(Encoding.UTF8.GetBytes(part), end: false);
        await client.SendAsync([]);

        Assert.StartsWith("""{"type":"ack",""", await client.NextAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(64 * 1024, "ack")]
    [InlineData(64 * 1024 + 1, "error")]
    [InlineData(1024 * 1024, "error")]
    public async Task A_frame_over_the_limit_is_too_large_and_the_connection_stays(int bytes, string answer)
    {
        await using var client = await ConnectAsync();
        var frame = Hello.Replace("}", ""","x":"?"}""", StringComparison.Ordinal);

        var first = JsonDocument.Parse(await client.AskAsync(frame.Replace("?", new string('x', bytes - frame.Length + 1), StringComparison.Ordinal)));

        Assert.Equal(answer, first.RootElement.GetProperty("type").GetString());
        if (answer == "error")
            Assert.Equal("too_large", first.RootElement.GetProperty("code").GetString());
        Assert.StartsWith("""{"type":"ack",""", await client.AskAsync(Hello), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_frame_over_a_mebibyte_ends_the_connection()
    {
        await using var client = await ConnectAsync();

        await client.SendAsync(new byte[1024 * 1024 + 1]);

        Assert.Equal("1009 frame too large", await client.CloseOfServerAsync());
    }

    [Fact]
    public async Task A_binary_frame_ends_the_connection()
    {
        await using var client = await ConnectAsync();

        await client.SendAsync(Encoding.UTF8.GetBytes(Hello), WebSocketMessageType.Binary);

        Assert.Equal("4002 text frames only", await client.CloseOfServerAsync());
    }

    [Fact]
    public async Task A_text_that_is_not_UTF_8_is_a_bad_request_and_stops_nothing_after_it()
    {
        await using var client = await ConnectAsync();

        await client.SendAsync([.. Encoding.UTF8.GetBytes(Hello[..^2]), 0xC3, 0x28, .. Encoding.UTF8.GetBytes(Hello[^2..])]);

        Assert.StartsWith("""{"type":"error","code":"bad_request",""", await client.NextAsync(), StringComparison.Ordinal);
        Assert.StartsWith("""{"type":"ack",""", await client.AskAsync(Hello), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_events_in_one_write_come_whole_and_in_order()
    {
        await using var client = await ConnectAsync();
        var attached = await _host!.Connections.FirstAsync();
        var sizes = Enumerable.Range(0, 400).Select(i => i % 50 == 0 ? 40_000 + i : i).ToList();

        var push = attached.Push([.. sizes.Select(size => new MessageEvent(
            new LoggedMessage(Id, Conversation, new SeqNo(1), attached.Connection.Device, "c", MessageContent.Of(new string('x', size)), default), toSender: false))]);

        foreach (var size in sizes)
            Assert.Equal(size, JsonDocument.Parse(await client.NextAsync()).RootElement.GetProperty("text").GetString()!.Length);
        await push;
    }

    [Theory]
    [InlineData(CloseReason.Replaced, "4000 replaced")]
    [InlineData(CloseReason.Revoked, "4001 revoked")]
    [InlineData(CloseReason.OverLimit, "4008 over a limit")]
    [InlineData(CloseReason.GoingAway, "1001 going away")]
    [InlineData(CloseReason.Fault, "1011 internal error")]
    public async Task The_server_closes_with_the_reasons_code(CloseReason reason, string close)
    {
        await using var client = await ConnectAsync();
        var attached = await _host!.Connections.FirstAsync();

        attached.Connection.Close(reason);
        attached.Connection.Close(CloseReason.GoingAway);

        Assert.Equal(close, await client.CloseOfServerAsync());
        await attached.Detached;
    }

    [Fact]
    public async Task A_client_that_does_not_answer_the_close_is_let_go()
    {
        await using var client = await ConnectAsync(null, ("CloseTimeoutMs", "100"));
        var attached = await _host!.Connections.FirstAsync();

        attached.Connection.Close(CloseReason.Replaced);

        await attached.Detached;
    }

    [Fact]
    public async Task A_clients_close_is_answered_and_detaches()
    {
        await using var client = await ConnectAsync();

        await client.Socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Ct);

        Assert.Equal(WebSocketCloseStatus.NormalClosure, client.Socket.CloseStatus);
        await (await _host!.Connections.FirstAsync()).Detached;
    }

    [Fact]
    public async Task A_client_that_vanishes_is_detached()
    {
        await using var client = await ConnectAsync();

        client.Socket.Abort();

        await (await _host!.Connections.FirstAsync()).Detached;
    }

    [Fact]
    public async Task A_command_under_way_finishes_when_the_connection_is_replaced()
    {
        await using var client = await ConnectAsync();
        var attached = await _host!.Connections.FirstAsync();
        using var begun = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        var done = new TaskCompletionSource();
        _host.Mediator.Answer<SendMessage, Result<SentMessage>>(send =>
        {
            begun.Set();
            goOn.Wait(Ct);
            done.SetResult();
            return Sent(1);
        });

        await client.SendAsync(Hello);
        await Task.Run(() => begun.Wait(Ct), Ct);
        attached.Connection.Close(CloseReason.Replaced);
        Assert.Equal("4000 replaced", await client.CloseOfServerAsync());
        goOn.Set();

        await done.Task.WaitAsync(Ct);
        await attached.Detached;
    }

    [Fact]
    public async Task A_client_that_takes_nothing_is_ended_after_the_write_timeout()
    {
        await using var client = await ConnectAsync(null, ("WriteTimeoutMs", "1000"), ("CloseTimeoutMs", "100"));
        var attached = await _host!.Connections.FirstAsync();
        var large = new MessageEvent(
            new LoggedMessage(Id, Conversation, new SeqNo(1), attached.Connection.Device, "c", MessageContent.Of(new string('x', 1024 * 1024)), default), toSender: false);

        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            while (true)
                await attached.Push(large);
        });

        await attached.Detached;
    }

    private async Task<TransportHost> OpenAsync(TimeProvider? clock = null, params (string, string)[] settings)
    {
        _host = await TransportHost.OpenAsync(clock, settings);
        var seqNo = 0;
        _host.Mediator.Answer<SendMessage, Result<SentMessage>>(_ => Sent(++seqNo));
        return _host;
    }

    private async Task<SocketClient> ConnectAsync(TimeProvider? clock = null, params (string, string)[] settings)
    {
        var client = await (await OpenAsync(clock, settings)).ConnectAsync();
        await client.NextAsync();
        return client;
    }

    private static SentMessage Sent(long seqNo) => new(Id, Conversation, new SeqNo(seqNo), DateTimeOffset.FromUnixTimeSeconds(1), Duplicate: false);
}
