using Chat.Modules.Delivery.Notifications;
using Chat.Modules.Delivery.Tests.Notifications.Platforms;
using Chat.Testing.Push;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Modules.Delivery.Tests.Notifications.Fcm;

/// <summary>The server against an FCM that checks what Google's checks.</summary>
public sealed class FcmPlatformTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chat-test-").FullName;
    private readonly FakeTimeProvider _clock = new(TimeProvider.System.GetUtcNow());
    private FakeFcm _fcm = null!;
    private PlatformWorld _world = null!;

    public async ValueTask InitializeAsync()
    {
        _fcm = await FakeFcm.StartAsync(clock: _clock);
        _world = World(_fcm);
    }

    [Fact]
    public async Task A_notification_is_taken_with_the_contract_s_names_as_texts()
    {
        var device = _fcm.NewDevice();

        var outcome = await _world.SendAsync(To(device));

        Assert.Empty(_fcm.Refused);
        Assert.Equal(new PushOutcome.Sent(200), outcome);
        var received = Assert.Single(_fcm.Received);
        Assert.Equal(device, received.Address);
        Assert.Equal(("1", "dm:alice:bob", "7", "Alice", "hello", "3", "2"),
            (received["v"], received["conversationId"], received["seqNo"], received["title"], received["body"], received["unread"], received["badge"]));
        Assert.Equal(("collapse-key-of-dm-alice-bob", "HIGH", "86400s"), (received.Headers["collapse_key"], received.Headers["priority"], received.Headers["ttl"]));
    }

    [Fact]
    public async Task A_withdrawal_wakes_nobody()
    {
        await _world.SendAsync(To(_fcm.NewDevice()), PlatformWorld.Withdrawal());

        var received = Assert.Single(_fcm.Received);
        Assert.Equal(("0", null, "NORMAL"), (received["unread"], received["body"], received.Headers["priority"]));
    }

    [Fact]
    public async Task The_longest_text_is_cut_to_what_Google_takes()
    {
        Assert.Equal(new PushOutcome.Sent(200), await _world.SendAsync(To(_fcm.NewDevice()), PlatformWorld.Message(new string('ä', 16_000))));
        Assert.Empty(_fcm.Refused);
    }

    [Fact]
    public async Task One_access_token_serves_many_and_the_next_is_asked_for_before_it_ends()
    {
        var device = _fcm.NewDevice();
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => _world.SendAsync(To(device))));
        Assert.Equal(1, _fcm.Tokens);

        for (var minutes = 0; minutes < 180; minutes += 10)
        {
            _clock.Advance(TimeSpan.FromMinutes(10));
            Assert.Equal(new PushOutcome.Sent(200), await _world.SendAsync(To(device)));
        }

        Assert.Empty(_fcm.Refused);
        Assert.InRange(_fcm.Tokens, 3, 5);
    }

    [Fact]
    public async Task A_token_that_ended_early_is_renewed_at_once()
    {
        var device = _fcm.NewDevice();
        await _world.SendAsync(To(device));
        _fcm.RevokeTokens();

        Assert.Equal(new PushOutcome.Sent(200), await _world.SendAsync(To(device)));
        Assert.Equal(2, _fcm.Tokens);
    }

    [Fact]
    public async Task A_device_without_the_app_is_gone()
    {
        var removed = _fcm.NewDevice();
        _fcm.Remove(removed);

        Assert.Equal(new PushOutcome.Gone(PushReason.Gone, 404), await _world.SendAsync(To(removed)));
        Assert.Equal(new PushOutcome.Gone(PushReason.Gone, 400), await _world.SendAsync(To("no-token")));
    }

    [Theory]
    [InlineData(429, "QUOTA_EXCEEDED", "Retry { Reason = rate_limited, After = 00:01:00, Status = 429, NotTried = False, OneDevice = False }")]
    [InlineData(500, "INTERNAL", "Retry { Reason = server_error, After = 00:01:00, Status = 500, NotTried = False, OneDevice = False }")]
    [InlineData(503, "UNAVAILABLE", "Retry { Reason = server_error, After = 00:01:00, Status = 503, NotTried = False, OneDevice = False }")]
    [InlineData(400, "INVALID_ARGUMENT", "Refused { Reason = refused, Status = 400 }")]
    [InlineData(403, "SENDER_ID_MISMATCH", "Refused { Reason = refused, Status = 403 }")]
    [InlineData(401, "THIRD_PARTY_AUTH_ERROR", "Misconfigured { Reason = bad_credentials, Status = 401 }")]
    [InlineData(403, "PERMISSION_DENIED", "Misconfigured { Reason = bad_credentials, Status = 403 }")]
    public async Task Each_error_of_FCM_means_what_its_reference_says(int status, string code, string outcome)
    {
        _fcm.Misbehave = _ => new Misbehaviour.Status(status, "60", $$$"""{"error":{"status":"X","details":[{"errorCode":"{{{code}}}"}]}}""");

        Assert.Equal(outcome, (await _world.SendAsync(To(_fcm.NewDevice()))).ToString());
    }

    // The reference (ErrorCode, QUOTA_EXCEEDED) names three limits: of all messages, of one device, and of a topic; google.rpc.QuotaFailure, or the text, says which.
    [Theory]
    [InlineData("""{"status":"RESOURCE_EXHAUSTED","message":"Device message rate exceeded.","details":[{"@type":"type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":"QUOTA_EXCEEDED"}]}""")]
    [InlineData("""{"status":"RESOURCE_EXHAUSTED","details":[{"errorCode":"QUOTA_EXCEEDED"},{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"subject":"x","description":"Device message rate exceeded"}]}]}""")]
    [InlineData("""{"status":"RESOURCE_EXHAUSTED","details":[{"errorCode":"DEVICE_MESSAGE_RATE_EXCEEDED"}]}""")]
    public async Task A_device_that_is_sent_too_much_holds_up_no_other(string error)
    {
        var busy = _fcm.NewDevice();
        _fcm.Misbehave = _ => new Misbehaviour.Status(429, Body: $$$"""{"error":{{{error}}}}""");
        for (var n = 0; n < 20; n++)
            Assert.Equal(429, Assert.IsType<PushOutcome.Retry>(await _world.SendAsync(To(busy))).Status);

        _fcm.Misbehave = null;
        Assert.Equal(new PushOutcome.Sent(200), await _world.SendAsync(To(_fcm.NewDevice())));
    }

    [Theory]
    [InlineData(429, """{"status":"RESOURCE_EXHAUSTED","message":"Quota exceeded for quota metric 'Send requests'","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"RATE_LIMIT_EXCEEDED","metadata":{"quota_limit":"SendsPerMinutePerProject"}}]}""")]
    [InlineData(429, """{"status":"RESOURCE_EXHAUSTED","details":[{"errorCode":"QUOTA_EXCEEDED"}]}""")]
    [InlineData(429, """{"status":"RESOURCE_EXHAUSTED","message":7,"details":[{"violations":[{"description":["Device"]},"Device"]}]}""")]
    [InlineData(503, """{"status":"RESOURCE_EXHAUSTED","message":"Device","details":[{"errorCode":"UNAVAILABLE"}]}""")]
    public async Task What_is_not_about_one_device_holds_up_all(int status, string error)
    {
        _fcm.Misbehave = _ => new Misbehaviour.Status(status, Body: $$$"""{"error":{{{error}}}}""");
        for (var n = 0; n < 5; n++)
            Assert.Equal(status, Assert.IsType<PushOutcome.Retry>(await _world.SendAsync(To(_fcm.NewDevice()))).Status);

        Assert.True(Assert.IsType<PushOutcome.Retry>(await _world.SendAsync(To(_fcm.NewDevice()))).NotTried);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html>")]
    [InlineData("[1]")]
    [InlineData("""{"error":"x"}""")]
    [InlineData("""{"error":{"status":7,"details":{"errorCode":[]}}}""")]
    public async Task A_404_that_is_no_answer_of_FCM_s_ends_no_subscription(string body)
    {
        _fcm.Misbehave = _ => new Misbehaviour.Status(404, Body: body);

        Assert.Equal(new PushOutcome.Misconfigured(PushReason.BadCredentials, 404), await _world.SendAsync(To(_fcm.NewDevice())));
    }

    [Fact]
    public async Task What_breaks_is_tried_again_and_a_status_of_success_counts_alone()
    {
        _fcm.Misbehave = _ => new Misbehaviour.Reset();
        Assert.Equal(new PushOutcome.Retry(PushReason.Unreachable, null, 0), await _world.SendAsync(To(_fcm.NewDevice())));

        _fcm.Misbehave = _ => new Misbehaviour.HalfAnswered(404);
        Assert.Equal(new PushOutcome.Retry(PushReason.Unreachable, null, 0), await _world.SendAsync(To(_fcm.NewDevice())));

        _fcm.Misbehave = _ => new Misbehaviour.HalfAnswered(200);
        Assert.Equal(new PushOutcome.Sent(200), await _world.SendAsync(To(_fcm.NewDevice())));
    }

    [Fact]
    public async Task A_revoked_key_is_said_at_the_start_in_one_line_and_at_each_notification()
    {
        _fcm.RefusesTokens = new Misbehaviour.Status(400, Body: """{"error":"invalid_grant"}""");

        Assert.Equal(
            "Google refuses the key in Push:Fcm:ServiceAccountFile: its account was deleted, or the key was revoked.",
            await _world.Platform(PushKind.Fcm).CheckAsync(TestContext.Current.CancellationToken));
        Assert.Equal(new PushOutcome.Misconfigured(PushReason.BadCredentials, 400), await _world.SendAsync(To(_fcm.NewDevice())));
    }

    [Fact]
    public async Task A_token_endpoint_that_is_away_is_asked_again_later()
    {
        _fcm.RefusesTokens = new Misbehaviour.Status(503, Body: "busy");

        Assert.Equal(new PushOutcome.Retry(PushReason.ServerError, null, 503), await _world.SendAsync(To(_fcm.NewDevice())));
        Assert.Equal(
            "Google gives no access token for Push:Fcm:ServiceAccountFile (server_error).",
            await _world.Platform(PushKind.Fcm).CheckAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(200, "")]
    [InlineData(200, "half a tok")]
    [InlineData(200, "{}")]
    [InlineData(200, "[1]")]
    [InlineData(302, "")]
    public async Task A_token_endpoint_that_answers_nonsense_harms_nothing(int status, string body)
    {
        _fcm.RefusesTokens = new Misbehaviour.Status(status, Body: body);

        Assert.IsType<PushOutcome.Retry>(await _world.SendAsync(To(_fcm.NewDevice())));
        Assert.NotNull(await _world.Platform(PushKind.Fcm).CheckAsync(TestContext.Current.CancellationToken));

        _fcm.RefusesTokens = null;
        Assert.Equal(new PushOutcome.Sent(200), await _world.SendAsync(To(_fcm.NewDevice())));
    }

    [Fact]
    public async Task With_the_right_key_the_start_says_nothing()
    {
        Assert.Null(await _world.Platform(PushKind.Fcm).CheckAsync(TestContext.Current.CancellationToken));
        Assert.Empty(_fcm.Refused);
    }

    [Fact]
    public async Task It_speaks_TLS_where_the_endpoint_does()
    {
        using var authority = new TestAuthority();
        await using var fcm = await FakeFcm.StartAsync(authority, _clock);
        await using var world = World(fcm, authority);

        Assert.Equal(new PushOutcome.Sent(200), await world.SendAsync(To(fcm.NewDevice())));
    }

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        await _fcm.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static PushSubscription To(string device) => PlatformWorld.To(PushKind.Fcm, device);

    private PlatformWorld World(FakeFcm fcm, TestAuthority? authority = null) => new(
        new Dictionary<string, string?> { ["Push:Fcm:Endpoint"] = fcm.Origin, ["Push:Fcm:ServiceAccountFile"] = fcm.WriteServiceAccountTo(_folder) }, authority, _clock);
}
