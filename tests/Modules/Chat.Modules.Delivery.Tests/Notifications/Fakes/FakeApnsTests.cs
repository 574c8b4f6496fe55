using System.Net;
using System.Security.Cryptography;
using System.Text;
using Chat.Testing.Push;

namespace Chat.Modules.Delivery.Tests.Notifications.Fakes;

/// <summary>What the fake would not see, no test with it could show.</summary>
public sealed class FakeApnsTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chat-test-").FullName;
    private readonly TestAuthority _authority = new();
    private readonly ECDsa _key = ECDsa.Create();
    private readonly long _now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
    private FakeApns _apns = null!;
    private string _device = null!;

    public async ValueTask InitializeAsync()
    {
        _apns = await FakeApns.StartAsync(_authority);
        _device = _apns.NewDevice();
        _key.ImportFromPem(await File.ReadAllTextAsync(_apns.WriteKeyTo(_folder)));
    }

    [Fact]
    public async Task A_right_request_is_taken()
    {
        Assert.Equal((200, ""), await Right().SendAsync(_authority));
        Assert.Equal((200, ""), await Silent().SendAsync(_authority));
        Assert.Equal(2, _apns.Received.Count);
        Assert.Empty(_apns.Refused);
    }

    [Theory]
    [InlineData("apns-topic", "", "MissingTopic")]
    [InlineData("apns-topic", "org.example.another", "TopicDisallowed")]
    [InlineData("apns-push-type", "", "InvalidPushType")]
    [InlineData("apns-push-type", "loud", "InvalidPushType")]
    [InlineData("apns-push-type", "background", "BadPriority")]
    [InlineData("apns-priority", "11", "BadPriority")]
    [InlineData("apns-expiration", "tomorrow", "BadExpirationDate")]
    [InlineData("apns-collapse-id", "00000000001111111111222222222233333333334444444444555555555566666", "BadCollapseId")]
    [InlineData("apns-id", "1", "BadMessageId")]
    [InlineData("Authorization", "", "MissingProviderToken")]
    [InlineData("Authorization", "bearer a", "InvalidProviderToken")]
    public Task One_with_a_wrong_header_is_refused(string header, string value, string reason) => ExpectRefusalAsync(reason, request => request.Headers[header] = value);

    [Theory]
    [InlineData("", "PayloadEmpty")]
    [InlineData("{", "BadJson")]
    [InlineData("[]", "NoAps")]
    [InlineData("""{"alert":"hello"}""", "NoAps")]
    [InlineData("""{"aps":{"badge":1}}""", "NoAlert")]
    public Task One_with_a_wrong_payload_is_refused(string payload, string reason) => ExpectRefusalAsync(reason, request => request.Body = Encoding.UTF8.GetBytes(payload));

    [Fact]
    public async Task A_silent_one_that_would_show_something_is_refused()
    {
        foreach (var aps in new[] { """{"alert":"a","content-available":1}""", """{"badge":1,"content-available":1}""", """{"sound":"a","content-available":1}""", "{}" })
        {
            var request = Silent();
            request.Body = Encoding.UTF8.GetBytes($$"""{"aps":{{aps}}}""");
            Assert.Equal((400, """{"reason":"BadBackgroundPayload"}"""), await request.SendAsync(_authority));
        }
    }

    [Fact]
    public Task One_that_is_too_long_is_refused() => ExpectRefusalAsync("PayloadTooLarge", request => request.Body = new byte[4_097]);

    [Fact]
    public Task A_path_without_a_device_is_refused() => ExpectRefusalAsync("BadPath", request => request.Address = $"{_apns.Origin}/3/device/");

    [Fact]
    public async Task A_token_of_another_key_team_or_time_is_refused()
    {
        using var another = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await ExpectRefusalAsync("InvalidProviderToken", request => request.Headers["Authorization"] = Token(signer: another));
        await ExpectRefusalAsync("InvalidProviderToken", request => request.Headers["Authorization"] = Token(kid: "another"));
        await ExpectRefusalAsync("InvalidProviderToken", request => request.Headers["Authorization"] = Token(iss: "another"));
        await ExpectRefusalAsync("ExpiredProviderToken", request => request.Headers["Authorization"] = Token(iat: _now - 3_700));
        await ExpectRefusalAsync("ExpiredProviderToken", request => request.Headers["Authorization"] = Token(iat: _now + 600));
    }

    [Fact]
    public async Task A_new_token_within_20_minutes_on_the_same_connection_is_refused()
    {
        using var http = RawRequest.Client(_authority);
        await Right().SendAsync(http);

        Assert.Equal((429, """{"reason":"TooManyProviderTokenUpdates"}"""), await With(Token(iat: _now + 30)).SendAsync(http));
        Assert.Equal((200, ""), await With(Token(iat: _now + 30)).SendAsync(_authority));

        RawRequest With(string token)
        {
            var request = Right();
            request.Headers["Authorization"] = token;
            return request;
        }
    }

    [Fact]
    public async Task HTTP_1_is_not_spoken()
    {
        var request = Right();
        request.Version = HttpVersion.Version11;

        await Assert.ThrowsAsync<HttpRequestException>(() => request.SendAsync(_authority));
    }

    [Fact]
    public async Task A_device_that_is_unknown_or_removed_takes_nothing()
    {
        var unknown = Right();
        unknown.Address = $"{_apns.Origin}/3/device/{new string('a', 64)}";
        Assert.Equal((400, """{"reason":"BadDeviceToken"}"""), await unknown.SendAsync(_authority));
        _apns.Remove(_device);
        Assert.Equal(410, (await Right().SendAsync(_authority)).Status);
        Assert.Empty(_apns.Refused);
    }

    public async ValueTask DisposeAsync()
    {
        await _apns.DisposeAsync();
        _authority.Dispose();
        _key.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task ExpectRefusalAsync(string reason, Action<RawRequest> breakIt)
    {
        var request = Right();
        breakIt(request);

        Assert.Equal($$"""{"reason":"{{reason}}"}""", (await request.SendAsync(_authority)).Body);
        Assert.Equal(reason, _apns.Refused.Last());
        Assert.Empty(_apns.Received);
    }

    private RawRequest Right() => new($"{_apns.Origin}/3/device/{_device}")
    {
        Headers =
        {
            ["Authorization"] = Token(), ["apns-topic"] = FakeApns.Topic, ["apns-push-type"] = "alert", ["apns-priority"] = "10", ["apns-expiration"] = "0",
            ["apns-collapse-id"] = "a", ["apns-id"] = Guid.CreateVersion7().ToString(),
        },
        Body = """{"aps":{"alert":"hello"}}"""u8.ToArray(),
    };

    private RawRequest Silent()
    {
        var request = Right();
        request.Headers["apns-push-type"] = "background";
        request.Headers["apns-priority"] = "5";
        request.Body = """{"aps":{"content-available":1}}"""u8.ToArray();
        return request;
    }

    private string Token(ECDsa? signer = null, string kid = FakeApns.KeyId, string iss = FakeApns.TeamId, long? iat = null) =>
        $"bearer {RawRequest.Token(signer ?? _key, new { alg = "ES256", kid }, new { iss, iat = iat ?? _now })}";
}
