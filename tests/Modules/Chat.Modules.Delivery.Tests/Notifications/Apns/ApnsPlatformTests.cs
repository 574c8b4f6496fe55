using System.Text;
using Chat.Modules.Delivery.Notifications;
using Chat.Modules.Delivery.Tests.Notifications.Platforms;
using Chat.Testing.Push;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Modules.Delivery.Tests.Notifications.Apns;

/// <summary>The server against an APNs that checks what Apple's checks.</summary>
public sealed class ApnsPlatformTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chat-test-").FullName;
    private readonly TestAuthority _authority = new();
    private readonly FakeTimeProvider _clock = new(TimeProvider.System.GetUtcNow());
    private FakeApns _apns = null!;
    private PlatformWorld _world = null!;

    public async ValueTask InitializeAsync()
    {
        _apns = await FakeApns.StartAsync(_authority, _clock);
        _world = World();
    }

    [Fact]
    public async Task A_notification_is_taken_with_the_contract_s_names_beside_aps()
    {
        var device = _apns.NewDevice();

        var outcome = await _world.SendAsync(To(device));

        Assert.Empty(_apns.Refused);
        Assert.Equal(new PushOutcome.Sent(200), outcome);
        var received = Assert.Single(_apns.Received);
        Assert.Equal(device, received.Address);
        Assert.Equal(("1", "dm:alice:bob", "7", "Alice", "hello", "3", "2"),
            (received["v"], received["conversationId"], received["seqNo"], received["title"], received["body"], received["unread"], received["badge"]));
        var aps = received.Payload.GetProperty("aps");
        Assert.Equal(("Alice", "hello"), (aps.GetProperty("alert").GetProperty("title").GetString(), aps.GetProperty("alert").GetProperty("body").GetString()));
        Assert.Equal((2, 1), (aps.GetProperty("badge").GetInt32(), aps.GetProperty("mutable-content").GetInt32()));
        Assert.Equal("collapse-key-of-dm-alice-bob", aps.GetProperty("thread-id").GetString());
        Assert.Equal(("alert", "10", "collapse-key-of-dm-alice-bob", FakeApns.Topic),
            (received.Headers["apns-push-type"], received.Headers["apns-priority"], received.Headers["apns-collapse-id"], received.Headers["apns-topic"]));
        Assert.Equal(_clock.GetUtcNow().AddDays(1).ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture), received.Headers["apns-expiration"]);
    }

    [Fact]
    public async Task Without_a_text_it_says_only_that_there_is_a_message()
    {
        await _world.SendAsync(To(_apns.NewDevice()), PlatformWorld.Message(body: null, title: null));

        var received = Assert.Single(_apns.Received);
        Assert.Equal("""{"body":"New message"}""", received.Payload.GetProperty("aps").GetProperty("alert").GetRawText());
        Assert.Null(received["title"]);
        Assert.Null(received["body"]);
    }

    [Fact]
    public async Task A_withdrawal_is_silent_and_has_the_same_collapse_id()
    {
        await _world.SendAsync(To(_apns.NewDevice()), PlatformWorld.Withdrawal());

        Assert.Empty(_apns.Refused);
        var received = Assert.Single(_apns.Received);
        Assert.Equal("""{"content-available":1}""", received.Payload.GetProperty("aps").GetRawText());
        Assert.Equal("0", received["unread"]);
        Assert.Equal(("background", "5", "collapse-key-of-dm-alice-bob"),
            (received.Headers["apns-push-type"], received.Headers["apns-priority"], received.Headers["apns-collapse-id"]));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("ä")]
    [InlineData("\"")]
    [InlineData("👩‍👩‍👧")]
    public async Task The_longest_text_is_cut_to_what_Apple_takes(string character)
    {
        await _world.SendAsync(To(_apns.NewDevice()), PlatformWorld.Message(new StringBuilder().Insert(0, character, 4_000).ToString()));

        Assert.Empty(_apns.Refused);
        var received = Assert.Single(_apns.Received);
        Assert.EndsWith($"{character}…", received["body"], StringComparison.Ordinal);
        Assert.InRange(Encoding.UTF8.GetByteCount(received.Payload.GetRawText()), 4_000, 4_096);
    }

    [Fact]
    public async Task Many_notifications_share_one_connection()
    {
        var devices = Enumerable.Range(0, 200).Select(_ => _apns.NewDevice()).ToList();

        var outcomes = await Task.WhenAll(devices.Select(device => _world.SendAsync(To(device))));

        Assert.All(outcomes, outcome => Assert.IsType<PushOutcome.Sent>(outcome));
        Assert.Equal(1, _apns.Connections);
        Assert.Equal(devices.Order(), _apns.Received.Select(received => received.Address).Order());
    }

    [Fact]
    public async Task A_token_is_used_for_more_than_20_minutes_and_less_than_an_hour()
    {
        var device = _apns.NewDevice();

        for (var minutes = 0; minutes < 240; minutes += 5)
        {
            Assert.Equal(new PushOutcome.Sent(200), await _world.SendAsync(To(device)));
            _clock.Advance(TimeSpan.FromMinutes(5));
        }

        Assert.Empty(_apns.Refused);
        Assert.Equal(6, _apns.Tokens);
    }

    [Fact]
    public async Task A_device_without_the_app_is_gone()
    {
        var removed = _apns.NewDevice();
        _apns.Remove(removed);

        Assert.Equal(new PushOutcome.Gone(PushReason.Gone, 410), await _world.SendAsync(To(removed)));
        Assert.Equal(new PushOutcome.Gone(PushReason.Gone, 400), await _world.SendAsync(To(new string('a', 64))));
        _apns.Misbehave = _ => new Misbehaviour.Status(400, Body: """{"reason":"DeviceTokenNotForTopic"}""");
        Assert.Equal(new PushOutcome.Gone(PushReason.Gone, 400), await _world.SendAsync(To(_apns.NewDevice())));
    }

    [Fact]
    public async Task A_topic_that_the_key_is_not_for_is_refused()
    {
        Assert.Equal(new PushOutcome.Refused(PushReason.Refused, 400), await _world.SendAsync(To(_apns.NewDevice()) with { Topic = "org.example.another" }));
    }

    [Theory]
    [InlineData(429, "TooManyRequests", PushReason.RateLimited)]
    [InlineData(500, "InternalServerError", PushReason.ServerError)]
    [InlineData(503, "ServiceUnavailable", PushReason.ServerError)]
    [InlineData(503, "half a", PushReason.ServerError)]
    public async Task What_may_work_later_is_tried_again(int status, string answer, string reason)
    {
        _apns.Misbehave = _ => new Misbehaviour.Status(status, "30", $$"""{"reason":"{{answer}}"}""");

        Assert.Equal(new PushOutcome.Retry(reason, TimeSpan.FromSeconds(30), status, OneDevice: status == 429), await _world.SendAsync(To(_apns.NewDevice())));
    }

    [Fact]
    public async Task A_device_that_is_sent_too_much_holds_up_no_other()
    {
        var (busy, other) = (_apns.NewDevice(), _apns.NewDevice());
        _apns.Misbehave = path => path.EndsWith(busy, StringComparison.Ordinal) ? new Misbehaviour.Status(429, Body: """{"reason":"TooManyRequests"}""") : null;

        for (var n = 0; n < 20; n++)
            Assert.Equal(429, Assert.IsType<PushOutcome.Retry>(await _world.SendAsync(To(busy))).Status);

        Assert.Equal(new PushOutcome.Sent(200), await _world.SendAsync(To(other)));
    }

    [Theory]
    [InlineData(429, """{"reason":"TooManyProviderTokenUpdates"}""")]
    [InlineData(429, "<html>a proxy's own")]
    [InlineData(503, """{"reason":"ServiceUnavailable"}""")]
    public async Task What_is_not_about_one_device_holds_up_all(int status, string body)
    {
        _apns.Misbehave = _ => new Misbehaviour.Status(status, Body: body);
        for (var n = 0; n < 5; n++)
            Assert.Equal(status, Assert.IsType<PushOutcome.Retry>(await _world.SendAsync(To(_apns.NewDevice()))).Status);

        Assert.True(Assert.IsType<PushOutcome.Retry>(await _world.SendAsync(To(_apns.NewDevice()))).NotTried);
    }

    [Fact]
    public async Task What_breaks_before_or_in_the_answer_of_an_error_counts_as_unreachable()
    {
        _apns.Misbehave = _ => new Misbehaviour.Reset();
        Assert.Equal(new PushOutcome.Retry(PushReason.Unreachable, null, 0), await _world.SendAsync(To(_apns.NewDevice())));

        _apns.Misbehave = _ => new Misbehaviour.HalfAnswered(410);
        Assert.Equal(new PushOutcome.Retry(PushReason.Unreachable, null, 0), await _world.SendAsync(To(_apns.NewDevice())));

        _apns.Misbehave = _ => new Misbehaviour.EndlessBody(410);
        Assert.Equal(new PushOutcome.Gone(PushReason.Gone, 410), await _world.SendAsync(To(_apns.NewDevice())));
    }

    [Theory]
    [InlineData("Push:Apns:TeamId", "WRONGTEAM1")]
    [InlineData("Push:Apns:KeyId", "WRONGKEY01")]
    public async Task A_wrong_key_is_said_at_the_start_in_one_line_and_at_each_notification(string setting, string value)
    {
        await using var world = World((setting, value));

        Assert.Equal(
            "APNs refuses the key of Push:Apns (InvalidProviderToken): KeyFile, KeyId and TeamId must belong together.",
            await world.Platform(PushKind.Apns).CheckAsync(TestContext.Current.CancellationToken));
        Assert.Equal(new PushOutcome.Misconfigured(PushReason.BadCredentials, 403), await world.SendAsync(To(_apns.NewDevice())));
    }

    [Fact]
    public async Task With_the_right_key_the_start_says_nothing_and_no_notification_is_sent()
    {
        Assert.Null(await _world.Platform(PushKind.Apns).CheckAsync(TestContext.Current.CancellationToken));
        Assert.Empty(_apns.Received);
        Assert.Empty(_apns.Refused);
    }

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        await _apns.DisposeAsync();
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static PushSubscription To(string device) => PlatformWorld.To(PushKind.Apns, device, FakeApns.Topic);

    private PlatformWorld World(params (string Key, string Value)[] settings)
    {
        var all = new Dictionary<string, string?>
        {
            ["Push:Apns:Endpoint"] = _apns.Origin,
            ["Push:Apns:KeyFile"] = _apns.WriteKeyTo(_folder),
            ["Push:Apns:KeyId"] = FakeApns.KeyId,
            ["Push:Apns:TeamId"] = FakeApns.TeamId,
        };
        foreach (var (key, value) in settings)
            all[key] = value;
        return new PlatformWorld(all, _authority, _clock);
    }
}
