using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using Chat.Modules.Delivery.Notifications.WebPush;
using Chat.Testing.Push;

namespace Chat.Modules.Delivery.Tests.Notifications.Fakes;

/// <summary>What the fake would not see, no test with it could show.</summary>
public sealed class FakePushServiceTests : IAsyncLifetime
{
    private readonly TestAuthority _authority = new();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private FakePushService _service = null!;
    private PushReceiver _receiver = null!;

    public async ValueTask InitializeAsync()
    {
        _service = await FakePushService.StartAsync(_authority);
        _receiver = _service.NewReceiver();
    }

    [Fact]
    public async Task A_right_request_is_taken()
    {
        Assert.Equal(201, (await Right().SendAsync(_authority)).Status);
        Assert.Single(_service.Received);
        Assert.Empty(_service.Refused);
    }

    [Theory]
    [InlineData("Authorization", "")]
    [InlineData("Authorization", "Bearer a")]
    [InlineData("TTL", "")]
    [InlineData("TTL", "-1")]
    [InlineData("TTL", "soon")]
    [InlineData("Topic", "a topic")]
    [InlineData("Topic", "a-topic-of-more-than-32-characters")]
    [InlineData("Urgency", "highest")]
    [InlineData("Content-Encoding", "")]
    [InlineData("Content-Encoding", "aesgcm")]
    public Task One_with_a_wrong_header_is_refused(string header, string value) => ExpectRefusalAsync(request => request.Headers[header] = value);

    [Fact]
    public Task One_that_is_not_POST_is_refused() => ExpectRefusalAsync(request => request.Method = "PUT");

    [Fact]
    public Task One_that_is_too_long_is_refused() => ExpectRefusalAsync(request => request.Body = new byte[4_097]);

    [Fact]
    public async Task One_that_its_receiver_cannot_decrypt_is_refused()
    {
        await ExpectRefusalAsync(request => request.Body[^1] ^= 1);
        await ExpectRefusalAsync(request => request.Body = Encrypted("{}"u8, _service.NewReceiver()));
        await ExpectRefusalAsync(request => request.Body = Encrypted("no JSON"u8, _receiver));
        await ExpectRefusalAsync(request => request.Body = []);
    }

    [Fact]
    public async Task A_token_that_is_not_for_this_service_now_is_refused()
    {
        using var another = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await ExpectRefusalAsync(request => request.Headers["Authorization"] = Vapid(aud: "https://127.0.0.1"));
        await ExpectRefusalAsync(request => request.Headers["Authorization"] = Vapid(seconds: -1));
        await ExpectRefusalAsync(request => request.Headers["Authorization"] = Vapid(seconds: 24 * 60 * 60 + 60));
        await ExpectRefusalAsync(request => request.Headers["Authorization"] = Vapid(sub: "me"));
        await ExpectRefusalAsync(request => request.Headers["Authorization"] = Vapid(signer: another));
        await ExpectRefusalAsync(request => request.Headers["Authorization"] = Vapid(alg: "none"));
        _service.ApplicationServerKey = _receiver.P256dh;
        await ExpectRefusalAsync(_ => { });
    }

    [Fact]
    public async Task An_endpoint_that_is_unknown_or_has_ended_takes_nothing()
    {
        var unknown = Right();
        unknown.Address += "x";
        Assert.Equal(404, (await unknown.SendAsync(_authority)).Status);
        _receiver.IsGone = true;
        Assert.Equal(410, (await Right().SendAsync(_authority)).Status);
        Assert.Empty(_service.Received);
        Assert.Empty(_service.Refused);
    }

    [Fact]
    public async Task HTTP_1_is_spoken_too()
    {
        var request = Right();
        request.Version = HttpVersion.Version11;

        Assert.Equal(201, (await request.SendAsync(_authority)).Status);
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        _authority.Dispose();
        _key.Dispose();
    }

    private async Task ExpectRefusalAsync(Action<RawRequest> breakIt)
    {
        var (request, before) = (Right(), _service.Refused.Count);
        breakIt(request);

        Assert.InRange((await request.SendAsync(_authority)).Status, 400, 499);
        Assert.Equal(before + 1, _service.Refused.Count);
        Assert.Empty(_service.Received);
    }

    private RawRequest Right() => new(_receiver.Endpoint)
    {
        Headers = { ["Authorization"] = Vapid(), ["TTL"] = "60", ["Topic"] = "a-topic", ["Urgency"] = "high", ["Content-Encoding"] = "aes128gcm" },
        Body = Encrypted("{}"u8, _receiver),
    };

    private string Vapid(string? aud = null, int seconds = 60, string sub = "mailto:a@example.org", ECDsa? signer = null, string alg = "ES256")
    {
        var expires = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + seconds;
        return $"vapid t={RawRequest.Token(signer ?? _key, new { typ = "JWT", alg }, new { aud = aud ?? _service.Origin, exp = expires, sub })}, k="
            + Base64Url.EncodeToString(P256.PublicKeyOf(_key.ExportParameters(false)));
    }

    private static byte[] Encrypted(ReadOnlySpan<byte> payload, PushReceiver receiver) =>
        MessageEncryption.Encrypt(payload, Base64Url.DecodeFromChars(receiver.P256dh), Base64Url.DecodeFromChars(receiver.Auth));
}
