using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Presence.Contracts;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Transports.Tests.SignalR;

public sealed class HubTests : IAsyncDisposable
{
    private static readonly ConversationId Conversation = ConversationId.Parse("dm:alice:bob");
    private static readonly MessageId Id = MessageId.Parse("01890a5d-ac96-774b-bcce-b302099a8057");
    private static readonly Dictionary<string, object?> Hello = new() { ["to"] = "@bob", ["text"] = "héllo 👋\0", ["clientMsgId"] = "c1" };

    private static readonly bool[] Protocols = [false, true];
    private static readonly HttpTransportType[] Transports =
        [HttpTransportType.WebSockets, HttpTransportType.ServerSentEvents, HttpTransportType.LongPolling];

    private TransportHost? _host;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<bool, HttpTransportType> Ways() => new(
        from messagePack in Protocols
        from transport in Transports
        where !(messagePack && transport == HttpTransportType.ServerSentEvents) // text only
        select (messagePack, transport));

    [Theory, MemberData(nameof(Ways))]
    public async Task A_connection_is_welcomed_and_its_calls_are_answered(bool messagePack, HttpTransportType transport)
    {
        var host = await OpenAsync(new FakeTimeProvider(DateTimeOffset.FromUnixTimeMilliseconds(1790000000000)));
        await using var client = new HubClient(host.Address, messagePack, transport);
        SendMessage? sent = null;
        host.Mediator.Answer<SendMessage, Result<SentMessage>>(send =>
        {
            sent = send;
            return new SentMessage(Id, Conversation, new SeqNo(1), DateTimeOffset.FromUnixTimeMilliseconds(1790000000000), Duplicate: false);
        });

        await client.StartAsync();

        Assert.Equal("""welcome {"userId":"alice","deviceId":"phone","serverTime":1790000000000,"epoch":"e1"}""", await client.NextAsync());
        Assert.Equal(
            $$"""{"clientMsgId":"c1","messageId":"{{Id}}","conversationId":"dm:alice:bob","seqNo":1,"timestamp":1790000000000,"status":"sent"}""",
            await client.CallAsync("SendMessage", Hello));
        Assert.Equal(new SendMessage(Conversation, Device("phone"), "c1", MessageContent.Of("héllo 👋\0")), sent);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Every_method_reaches_its_command(bool messagePack)
    {
        await using var client = await ConnectAsync(messagePack);
        _host!.Mediator
            .Answer<Acknowledge, Result<Done>>(ack => ack is { SeqNo.Value: 42, Status: AckStatus.Read } ? default(Done) : Error.BadRequest(""))
            .Answer<SetTyping, Result<Done>>(typing => typing.Active ? default(Done) : Error.BadRequest(""))
            .Answer<GetMessages, Result<MessagePage>>(get => new MessagePage(
                get.Conversation, [new LoggedMessage(Id, Conversation, new SeqNo(42), Device("phone"), "c1", MessageContent.Of("t"), DateTimeOffset.UnixEpoch)],
                get.After, null, new SeqNo(get.Limit)))
            .Answer<SubscribePresence, Result<IReadOnlyList<PresenceState>>>(subscribe => new List<PresenceState> { new(subscribe.Subscribe[0], true, null) });

        Assert.Equal("null", await client.CallAsync("Ack", new Dictionary<string, object> { ["conversationId"] = "dm:alice:bob", ["seqNo"] = 42, ["status"] = "read" }));
        Assert.Equal("null", await client.CallAsync("Typing", new Dictionary<string, object> { ["conversationId"] = "dm:alice:bob", ["active"] = true }));
        Assert.Equal(
            $$"""{"conversationId":"dm:alice:bob","messages":[{"messageId":"{{Id}}","conversationId":"dm:alice:bob","seqNo":42,"senderId":"alice","text":"t","timestamp":0,"clientMsgId":"c1"}],"nextAfter":41,"maxSeqNo":9}""",
            await client.CallAsync("Sync", new Dictionary<string, object> { ["conversationId"] = "dm:alice:bob", ["after"] = 41, ["limit"] = 9 }));
        Assert.Equal("null", await client.CallAsync("Presence", new Dictionary<string, object> { ["subscribe"] = new List<string> { "bob" } }));
        Assert.Equal("""presence {"userId":"bob","online":true}""", await client.NextAsync());
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Every_event_comes_with_the_frames_fields(bool messagePack)
    {
        await using var client = await ConnectAsync(messagePack);
        var attached = await _host!.Connections.FirstAsync();
        var bob = UserId.Parse("bob");

        await attached.Push(
            new MessageEvent(new LoggedMessage(Id, Conversation, new SeqNo(SeqNo.MaxValue), Device("phone"), "c1", MessageContent.Of("ö", Id), DateTimeOffset.UnixEpoch), toSender: true),
            new ReceiptEvent(Conversation, Id, new SeqNo(42), bob, AckStatus.Delivered), new TypingEvent(Conversation, bob, active: false),
            new AdvancedEvent(Conversation, new SeqNo(7)), new ConversationEvent(Conversation, ConversationChange.Created, null),
            new CaughtUpEvent(), new ResyncEvent(), new GoAwayEvent(TimeSpan.FromSeconds(1)));

        Assert.Equal(
            JsonSerializer.Serialize(JsonDocument.Parse(
                $$"""{"messageId":"{{Id}}","conversationId":"dm:alice:bob","seqNo":9007199254740991,"senderId":"alice","text":"ö","timestamp":0,"replyTo":"{{Id}}","clientMsgId":"c1"}""")),
            (await client.NextAsync())["message ".Length..]);
        Assert.Equal($$"""ack {"conversationId":"dm:alice:bob","messageId":"{{Id}}","seqNo":42,"userId":"bob","status":"delivered"}""", await client.NextAsync());
        Assert.Equal("""typing {"conversationId":"dm:alice:bob","userId":"bob","active":false}""", await client.NextAsync());
        Assert.Equal("""advanced {"conversationId":"dm:alice:bob","maxSeqNo":7}""", await client.NextAsync());
        Assert.Equal("""conversation {"conversationId":"dm:alice:bob","change":"created"}""", await client.NextAsync());
        Assert.Equal("caughtUp {}", await client.NextAsync());
        Assert.Equal("resync {}", await client.NextAsync());
        Assert.Equal("""goAway {"afterMs":1000}""", await client.NextAsync());
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Files_are_sent_and_come_by_either_protocol(bool messagePack)
    {
        await using var client = await ConnectAsync(messagePack);
        SendMessage? sent = null;
        _host!.Mediator.Answer<SendMessage, Result<SentMessage>>(send =>
        {
            sent = send;
            return new SentMessage(Id, Conversation, new SeqNo(1), DateTimeOffset.UnixEpoch, Duplicate: false);
        });

        await client.CallAsync("SendMessage", new Dictionary<string, object>
        {
            ["to"] = "@bob", ["text"] = "", ["clientMsgId"] = "c1",
            ["mediaIds"] = new List<object> { $"{Id}", new Dictionary<string, object> { ["mediaId"] = $"{Id}", ["voice"] = true, ["waveform"] = new List<int> { 0, 255 } } },
        });
        var media = new MessageMedia(new MediaId(Id.Value), "audio/ogg", 7) { Voice = true, Waveform = sent!.Media![1].Waveform };
        var message = new LoggedMessage(Id, Conversation, new SeqNo(1), Device("phone"), "c1", new MessageContent(default) { Media = [media] }, DateTimeOffset.UnixEpoch);
        await (await _host.Connections.FirstAsync()).Push(new MessageEvent(message, toSender: false));

        Assert.Equal(new MediaReference(new MediaId(Id.Value)), sent.Media[0]);
        Assert.Equal(
            $$"""message {"messageId":"{{Id}}","conversationId":"dm:alice:bob","seqNo":1,"senderId":"alice","text":"","timestamp":0,"media":[{"mediaId":"{{Id}}","contentType":"audio/ogg","size":7,"thumbnail":false,"voice":true,"waveform":[0,255]}]}""",
            await client.NextAsync());
    }

    public static TheoryData<bool, object?, string> BadRequests() => new(
        from messagePack in Protocols
        from bad in new (object? Request, string Code)[]
        {
            (null, "bad_request"),
            (7, "bad_request"),
            ("text", "bad_request"),
            (new object[] { 1 }, "bad_request"),
            (new Dictionary<string, object>(), "bad_request"),
            (new Dictionary<string, object> { ["to"] = "@bob", ["text"] = 7, ["clientMsgId"] = "c" }, "bad_request"),
            (new Dictionary<string, object> { ["to"] = "@bob", ["text"] = "t", ["clientMsgId"] = "c", ["lastSeenSeqNo"] = -1L }, "bad_request"),
            (new Dictionary<string, object> { ["to"] = "@bob", ["text"] = "t", ["clientMsgId"] = "c", ["lastSeenSeqNo"] = 1.5 }, "bad_request"),
            (new Dictionary<string, object> { ["to"] = "@bob", ["text"] = "t", ["clientMsgId"] = "c", ["lastSeenSeqNo"] = ulong.MaxValue }, "bad_request"),
            (new Dictionary<string, object> { ["to"] = "@bob", ["text"] = "t", ["clientMsgId"] = "c", ["x"] = Nested(20) }, "bad_request"),
            (new Dictionary<string, object> { ["to"] = "@bob", ["text"] = new string('x', 70_000), ["clientMsgId"] = "c" }, "too_large"),
        }
        select (messagePack, bad.Request, bad.Code));

    [Theory, MemberData(nameof(BadRequests), DisableDiscoveryEnumeration = true)]
    public async Task A_bad_request_is_refused_by_its_code_and_stops_nothing_after_it(bool messagePack, object? request, string code)
    {
        await using var client = await ConnectAsync(messagePack);

        var refusal = await Assert.ThrowsAsync<HubException>(() => client.CallAsync("SendMessage", request));

        Assert.Matches($"HubException: {code}: [^\n]+$", refusal.Message);
        Assert.StartsWith("{", await client.CallAsync("SendMessage", Hello), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Binary_broken_text_and_foreign_keys_in_MessagePack_are_bad_requests()
    {
        await using var client = await ConnectAsync(messagePack: true);

        foreach (var bad in new object[] { new byte[] { 1 }, new Dictionary<int, string> { [1] = "x" }, double.NaN, new Dictionary<string, object> { ["text"] = DateTime.UnixEpoch } })
        {
            var refusal = await Assert.ThrowsAsync<HubException>(() => client.CallAsync("SendMessage", bad));
            Assert.Contains("HubException: bad_request: ", refusal.Message, StringComparison.Ordinal);
        }
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_refusal_and_a_fault_show_their_code_and_nothing_else(bool messagePack)
    {
        await using var client = await ConnectAsync(messagePack);

        _host!.Mediator.Answer<SendMessage, Result<SentMessage>>(_ => MessagingErrors.NotAMember);
        var refusal = await Assert.ThrowsAsync<HubException>(() => client.CallAsync("SendMessage", Hello));
        _host.Mediator.Answer<SendMessage, Result<SentMessage>>(_ => throw new InvalidOperationException("secret"));
        var fault = await Assert.ThrowsAsync<HubException>(() => client.CallAsync("SendMessage", Hello));

        Assert.EndsWith($"HubException: not_a_member: {MessagingErrors.NotAMember.Text}", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("HubException: internal: ", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", fault.Message, StringComparison.Ordinal);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Messages_overlap_and_begin_in_the_order_of_the_calls(bool messagePack)
    {
        await using var client = await ConnectAsync(messagePack);
        var sends = new PendingSends(_host!.Mediator);

        var calls = Enumerable.Range(1, 5)
            .Select(n => client.CallAsync("SendMessage", new { to = "@bob", text = "hello", clientMsgId = $"c{n}" })).ToList();
        await sends.BegunAsync(5);
        Assert.Equal(["c1", "c2", "c3", "c4", "c5"], sends.Begun);
        foreach (var n in Enumerable.Range(1, 5).Reverse())
            sends.End($"c{n}", PendingSends.Sent(n));

        var answers = await Task.WhenAll(calls);
        Assert.All(Enumerable.Range(1, 5), n => Assert.Contains($"\"seqNo\":{n},", answers[n - 1], StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false, CloseReason.Replaced, "replaced: ")]
    [InlineData(true, CloseReason.Replaced, "replaced: ")]
    [InlineData(false, CloseReason.Revoked, "unauthenticated: ")]
    [InlineData(true, CloseReason.TokenExpired, "token_expired: ")]
    [InlineData(false, CloseReason.Fault, "internal: ")]
    public async Task The_servers_close_says_why(bool messagePack, CloseReason reason, string code)
    {
        await using var client = await ConnectAsync(messagePack);
        var attached = await _host!.Connections.FirstAsync();

        attached.Connection.Close(reason);
        attached.Connection.Close(CloseReason.GoingAway);

        Assert.Contains($"error: {code}", (await client.Closed)?.Message, StringComparison.Ordinal);
        await attached.Detached;
    }

    [Theory, InlineData(CloseReason.Replaced, false), InlineData(CloseReason.GoingAway, true), InlineData(CloseReason.Fault, true)]
    public async Task The_servers_close_says_whether_to_come_back(CloseReason reason, bool comesBack)
    {
        var host = await OpenAsync();
        await using var connection = new HubConnectionBuilder()
            .WithUrl(new Uri(host.Address, $"/hub?access_token={TransportHost.Token()}")).WithAutomaticReconnect([TimeSpan.FromMilliseconds(1)]).Build();
        var outcome = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.Closed += _ => Task.FromResult(outcome.TrySetResult(false));
        connection.Reconnected += _ => Task.FromResult(outcome.TrySetResult(true));
        await connection.StartAsync(Ct);

        (await host.Connections.FirstAsync()).Connection.Close(reason);

        Assert.Equal(comesBack, await outcome.Task.WaitAsync(Ct));
    }

    [Fact]
    public async Task A_token_that_expires_ends_the_connection_and_a_renewed_one_does_not()
    {
        var clock = new FakeTimeProvider();
        var host = await OpenAsync(clock);
        var expires = clock.GetUtcNow().AddMinutes(15);
        await using var client = new HubClient(host.Address, messagePack: false, token: TransportHost.Token(expires: expires));
        await client.StartAsync();
        await client.NextAsync();

        var other = new Dictionary<string, object> { ["token"] = TransportHost.Token(user: "bob") };
        var refusal = await Assert.ThrowsAsync<HubException>(() => client.CallAsync("Auth", other));
        Assert.Contains("HubException: forbidden: ", refusal.Message, StringComparison.Ordinal);
        var renewed = new Dictionary<string, object> { ["token"] = TransportHost.Token(expires: expires.AddMinutes(15)) };
        Assert.Equal($$"""{"expiresAt":{{expires.AddMinutes(15).ToUnixTimeMilliseconds()}}}""", await client.CallAsync("Auth", renewed));
        clock.Advance(TimeSpan.FromMinutes(20));
        Assert.StartsWith("{", await client.CallAsync("SendMessage", Hello), StringComparison.Ordinal);
        clock.Advance(TimeSpan.FromMinutes(10));

        Assert.Contains("token_expired: ", (await client.Closed)?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_leaves_is_detached()
    {
        await using var client = await ConnectAsync(messagePack: false);

        await client.Connection.StopAsync(Ct);

        await (await _host!.Connections.FirstAsync()).Detached;
    }

    [Fact]
    public async Task A_client_has_the_keep_alive_timeout_to_connect_to_shake_hands_and_to_poll_again()
    {
        var host = await OpenAsync(null, ("KeepAliveTimeoutMs", "45000"));

        var silence = TimeSpan.FromSeconds(45);
        Assert.Equal(silence, host.Services.GetRequiredService<IOptions<ConnectionOptions>>().Value.DisconnectTimeout);
        var hub = host.Services.GetRequiredService<IOptions<HubOptions>>().Value;
        Assert.Equal(silence, hub.HandshakeTimeout);
        Assert.Equal(silence, hub.ClientTimeoutInterval);
    }

    [Fact]
    public async Task A_client_that_takes_nothing_is_ended_after_the_write_timeout()
    {
        var host = await OpenAsync(null, ("WriteTimeoutMs", "1000"), ("CloseTimeoutMs", "100"));
        using var socket = new System.Net.WebSockets.ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://{host.Address.Authority}/hub?access_token={TransportHost.Token()}"), Ct);
        await socket.SendAsync("{\"protocol\":\"json\",\"version\":1}\u001e"u8.ToArray(), System.Net.WebSockets.WebSocketMessageType.Text, true, Ct);
        await socket.ReceiveAsync(new byte[1024], Ct);
        var attached = await host.Connections.FirstAsync();
        var large = new MessageEvent(
            new LoggedMessage(Id, Conversation, new SeqNo(1), Device("phone"), "c", MessageContent.Of(new string('x', 1024 * 1024)), default), toSender: false);

        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            while (true)
                await attached.Push(large);
        });

        await attached.Detached;
    }

    [Fact]
    public async Task Without_a_token_negotiation_is_refused()
    {
        var host = await OpenAsync();
        using var http = new HttpClient { BaseAddress = host.Address };

        using var response = await http.PostAsync(new Uri("/hub/negotiate?negotiateVersion=1", UriKind.Relative), null, Ct);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Fact]
    public async Task A_server_that_takes_no_connections_says_so_to_new_ones_and_serves_the_old()
    {
        await using var old = await ConnectAsync(messagePack: false, HttpTransportType.LongPolling);
        _host!.Connections.IsAccepting = false;
        using var http = new HttpClient { BaseAddress = _host.Address };

        using var response = await http.PostAsync(new Uri($"/hub/negotiate?negotiateVersion=1&access_token={TransportHost.Token()}", UriKind.Relative), null, Ct);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("unavailable", (await response.Content.ReadFromJsonAsync<JsonElement>(Ct)).GetProperty("code").GetString());
        Assert.StartsWith("{", await old.CallAsync("SendMessage", Hello), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_fills_up_after_negotiation_closes_as_going_away()
    {
        var host = await OpenAsync();
        host.Connections.RefusesLate = true;
        await using var client = new HubClient(host.Address, messagePack: false);

        await client.StartAsync();

        Assert.Contains("error: unavailable: ", (await client.Closed)?.Message, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
            await _host.DisposeAsync();
    }

    private async Task<TransportHost> OpenAsync(TimeProvider? clock = null, params (string, string)[] settings)
    {
        _host = await TransportHost.OpenAsync(clock, settings);
        _host.Mediator.Answer<SendMessage, Result<SentMessage>>(_ => new SentMessage(Id, Conversation, new SeqNo(1), default, Duplicate: false));
        return _host;
    }

    private async Task<HubClient> ConnectAsync(bool messagePack, HttpTransportType transport = HttpTransportType.WebSockets)
    {
        var client = new HubClient((await OpenAsync()).Address, messagePack, transport);
        await client.StartAsync();
        await client.NextAsync();
        return client;
    }

    private static DeviceAddress Device(string device) => new(UserId.Parse("alice"), DeviceId.Parse(device));

    private static object Nested(int levels) => levels == 0 ? 1 : new[] { Nested(levels - 1) };
}
