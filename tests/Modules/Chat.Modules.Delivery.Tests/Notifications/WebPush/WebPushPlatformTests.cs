using System.Text;
using Chat.Modules.Delivery.Notifications;
using Chat.Modules.Delivery.Tests.Notifications.Platforms;
using Chat.Testing.Push;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Modules.Delivery.Tests.Notifications.WebPush;

/// <summary>The server against a push service that checks what real ones check.</summary>
public sealed class WebPushPlatformTests : IAsyncLifetime
{
    private readonly TestAuthority _authority = new();
    private FakePushService _service = null!;
    private PlatformWorld _world = null!;

    public async ValueTask InitializeAsync()
    {
        _service = await FakePushService.StartAsync(_authority);
        _world = World();
        _service.ApplicationServerKey = _world.Keys.Vapid!.PublicKey;
    }

    [Fact]
    public async Task A_notification_is_taken_and_its_receiver_can_read_it()
    {
        var receiver = _service.NewReceiver();

        var outcome = await _world.SendAsync(PlatformWorld.To(receiver));

        Assert.Empty(_service.Refused);
        Assert.Equal(new PushOutcome.Sent(201), outcome);
        var received = Assert.Single(_service.Received);
        Assert.Equal(receiver.Endpoint, received.Address);
        Assert.Equal(("1", "dm:alice:bob", "7", "Alice", "hello", "3", "2"),
            (received["v"], received["conversationId"], received["seqNo"], received["title"], received["body"], received["unread"], received["badge"]));
        Assert.Equal(("86400", "collapse-key-of-dm-alice-bob", "high"), (received.Headers["ttl"], received.Headers["topic"], received.Headers["urgency"]));
    }

    [Fact]
    public async Task The_longest_text_is_cut_so_that_the_service_takes_it()
    {
        var outcome = await _world.SendAsync(PlatformWorld.To(_service.NewReceiver()), PlatformWorld.Message(new string('ä', 16_000)));

        Assert.Equal(new PushOutcome.Sent(201), outcome);
        Assert.EndsWith("ä…", Assert.Single(_service.Received)["body"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_withdrawal_has_the_same_topic_and_no_text()
    {
        await _world.SendAsync(PlatformWorld.To(_service.NewReceiver()), PlatformWorld.Withdrawal());

        var received = Assert.Single(_service.Received);
        Assert.Equal(("0", null, null, "collapse-key-of-dm-alice-bob"), (received["unread"], received["title"], received["body"], received.Headers["topic"]));
    }

    [Fact]
    public async Task A_hundred_notifications_use_few_connections()
    {
        var receivers = Enumerable.Range(0, 100).Select(_ => _service.NewReceiver()).ToList();
        await _world.SendAsync(PlatformWorld.To(receivers[0]));

        var outcomes = await Task.WhenAll(receivers.Select(receiver => _world.SendAsync(PlatformWorld.To(receiver))));

        Assert.All(outcomes, outcome => Assert.IsType<PushOutcome.Sent>(outcome));
        Assert.Equal(1, _service.Connections);
    }

    [Fact]
    public async Task A_token_is_renewed_before_it_ends()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var service = await FakePushService.StartAsync(_authority, clock);
        await using var world = World(clock: clock);
        var receiver = service.NewReceiver();

        for (var hours = 0; hours < 30; hours += 5)
        {
            Assert.Equal(new PushOutcome.Sent(201), await world.SendAsync(PlatformWorld.To(receiver)));
            clock.Advance(TimeSpan.FromHours(5));
        }

        Assert.Empty(service.Refused);
    }

    [Fact]
    public async Task A_subscription_that_has_ended_is_gone()
    {
        var receiver = _service.NewReceiver();
        receiver.IsGone = true;

        Assert.Equal(new PushOutcome.Gone(PushReason.Gone, 410), await _world.SendAsync(PlatformWorld.To(receiver)));
        Assert.Equal(
            new PushOutcome.Gone(PushReason.Gone, 404), await _world.SendAsync(PlatformWorld.To(receiver) with { Address = $"{_service.Origin}/push/unknown" }));
    }

    [Fact]
    public async Task A_key_that_the_service_does_not_know_is_tried_again_later()
    {
        _service.ApplicationServerKey = new PushReceiver("https://push.example").P256dh;

        Assert.Equal(new PushOutcome.Retry(PushReason.BadCredentials, null, 403), await _world.SendAsync(PlatformWorld.To(_service.NewReceiver())));
    }

    [Theory]
    [InlineData(429, "7", PushReason.RateLimited, 7)]
    [InlineData(429, "999999999", PushReason.RateLimited, 3_600)]
    [InlineData(429, "Wed, 21 Oct 2015 07:28:00 GMT", PushReason.RateLimited, 0)]
    [InlineData(429, "soon", PushReason.RateLimited, null)]
    [InlineData(500, null, PushReason.ServerError, null)]
    [InlineData(503, "120", PushReason.ServerError, 120)]
    public async Task What_may_work_later_is_tried_again_when_the_service_asks(int status, string? after, string reason, int? seconds)
    {
        _service.Misbehave = _ => new Misbehaviour.Status(status, after);

        var outcome = await _world.SendAsync(PlatformWorld.To(_service.NewReceiver()));

        Assert.Equal(new PushOutcome.Retry(reason, seconds is { } asked ? TimeSpan.FromSeconds(asked) : null, status, OneDevice: status == 429), outcome);
    }

    // RFC 8030 §8.4: 429 is about the delivery to one push resource.
    [Fact]
    public async Task A_receiver_that_is_sent_too_much_holds_up_no_other_of_its_service()
    {
        var (busy, other) = (_service.NewReceiver(), _service.NewReceiver());
        _service.Misbehave = path => path == new Uri(busy.Endpoint).AbsolutePath ? new Misbehaviour.Status(429) : null;

        for (var n = 0; n < 20; n++)
            Assert.Equal(429, Assert.IsType<PushOutcome.Retry>(await _world.SendAsync(PlatformWorld.To(busy))).Status);

        Assert.Equal(new PushOutcome.Sent(201), await _world.SendAsync(PlatformWorld.To(other)));
    }

    [Theory]
    [InlineData(400, PushReason.Refused)]
    [InlineData(413, PushReason.TooLarge)]
    public async Task What_will_never_work_is_refused(int status, string reason)
    {
        _service.Misbehave = _ => new Misbehaviour.Status(status);

        Assert.Equal(new PushOutcome.Refused(reason, status), await _world.SendAsync(PlatformWorld.To(_service.NewReceiver())));
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var elsewhere = await FakePushService.StartAsync(_authority);
        _service.Misbehave = _ => new Misbehaviour.Redirect(elsewhere.NewReceiver().Endpoint);

        Assert.Equal(new PushOutcome.Refused(PushReason.Refused, 307), await _world.SendAsync(PlatformWorld.To(_service.NewReceiver())));
        Assert.Equal(0, elsewhere.Requests);
    }

    [Fact]
    public async Task A_service_that_is_silent_is_given_up_on_in_time()
    {
        await using var world = World(("Push:RequestTimeoutMs", "500"));
        _service.Misbehave = _ => new Misbehaviour.Slow(Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken));

        Assert.Equal(new PushOutcome.Retry(PushReason.Timeout, null, 0), await world.SendAsync(PlatformWorld.To(_service.NewReceiver())));
    }

    [Fact]
    public async Task A_connection_that_breaks_before_the_answer_counts_as_unreachable()
    {
        _service.Misbehave = _ => new Misbehaviour.Reset();

        Assert.Equal(new PushOutcome.Retry(PushReason.Unreachable, null, 0), await _world.SendAsync(PlatformWorld.To(_service.NewReceiver())));
    }

    [Fact]
    public async Task The_status_counts_however_the_body_goes_on()
    {
        _service.Misbehave = _ => new Misbehaviour.HalfAnswered();
        Assert.Equal(new PushOutcome.Sent(201), await _world.SendAsync(PlatformWorld.To(_service.NewReceiver())));

        _service.Misbehave = _ => new Misbehaviour.EndlessBody(201);
        Assert.Equal(new PushOutcome.Sent(201), await _world.SendAsync(PlatformWorld.To(_service.NewReceiver())));

        _service.Misbehave = null;
        Assert.Equal(new PushOutcome.Sent(201), await _world.SendAsync(PlatformWorld.To(_service.NewReceiver())));
    }

    [Fact]
    public async Task A_name_of_a_private_address_is_never_connected_to()
    {
        await using var world = World(("Push:AllowPrivateEndpoints", "false"));
        var receiver = PlatformWorld.To(_service.NewReceiver());

        foreach (var host in new[] { "localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]" })
        {
            var hidden = receiver with { Address = receiver.Address.Replace("127.0.0.1", host, StringComparison.Ordinal) };
            Assert.Equal(new PushOutcome.Refused(PushReason.BlockedAddress, 0), await world.SendAsync(hidden));
        }

        Assert.Equal(0, _service.Requests);
    }

    [Fact]
    public async Task A_private_address_is_refused_when_a_device_subscribes_unless_the_operator_allows_it()
    {
        await using var world = World(("Push:AllowPrivateEndpoints", "false"));
        var receiver = PlatformWorld.To(_service.NewReceiver());

        Assert.Equal("endpoint is at an address that is not public.", world.Platform(PushKind.WebPush).FindFault(receiver));
        Assert.Null(world.Platform(PushKind.WebPush).FindFault(receiver with { Address = "https://push.example/a" }));
        Assert.Null(_world.Platform(PushKind.WebPush).FindFault(receiver));
        Assert.Equal(
            "keys.p256dh is not a point of P-256.",
            _world.Platform(PushKind.WebPush).FindFault(receiver with { P256dh = System.Buffers.Text.Base64Url.EncodeToString([4, .. new byte[64]]) }));
    }

    [Fact]
    public async Task A_certificate_that_is_not_trusted_counts_as_unreachable()
    {
        await using var world = World(authority: new TestAuthority());

        Assert.Equal(new PushOutcome.Retry(PushReason.Unreachable, null, 0), await world.SendAsync(PlatformWorld.To(_service.NewReceiver())));
        Assert.Empty(_service.Received);
    }

    [Fact]
    public async Task Through_a_proxy_the_service_is_reached_by_a_tunnel()
    {
        await using var proxy = new TunnelProxy();
        await using var world = World(("Push:Proxy", $"http://user:pass%20word@127.0.0.1:{proxy.Port}"), ("Push:AllowPrivateEndpoints", "false"));
        var receiver = _service.NewReceiver();

        Assert.Equal(new PushOutcome.Sent(201), await world.SendAsync(PlatformWorld.To(receiver)));

        Assert.Contains(proxy.Heads, head => head.StartsWith($"CONNECT {new Uri(receiver.Endpoint).Authority} ", StringComparison.Ordinal));
        Assert.Contains(proxy.Heads, head => head.Contains(
            $"Proxy-Authorization: Basic {Convert.ToBase64String(Encoding.ASCII.GetBytes("user:pass word"))}", StringComparison.OrdinalIgnoreCase));
    }

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        await _service.DisposeAsync();
        _authority.Dispose();
    }

    private PlatformWorld World(params (string Key, string Value)[] settings) => World(null, null, settings);

    private PlatformWorld World(TestAuthority? authority = null, TimeProvider? clock = null, params (string Key, string Value)[] settings)
    {
        var all = new Dictionary<string, string?> { ["Push:AllowPrivateEndpoints"] = "true" };
        foreach (var (key, value) in settings)
            all[key] = value;
        return new PlatformWorld(all, authority ?? _authority, clock);
    }
}
