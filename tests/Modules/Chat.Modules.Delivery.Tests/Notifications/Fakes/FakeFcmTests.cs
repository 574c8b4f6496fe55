using System.Net;
using System.Text;
using System.Text.Json;
using Chat.Modules.Delivery.Notifications;
using Chat.Modules.Delivery.Tests.Notifications.Platforms;
using Chat.Testing.Push;

namespace Chat.Modules.Delivery.Tests.Notifications.Fakes;

/// <summary>What the fake would not see, no test with it could show.</summary>
public sealed class FakeFcmTests : IAsyncLifetime
{
    private const string Android = """{"collapse_key":"a","priority":"HIGH","ttl":"60s"}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("chat-test-").FullName;
    private FakeFcm _fcm = null!;
    private string _device = null!;
    private string _token = null!;

    public async ValueTask InitializeAsync()
    {
        _fcm = await FakeFcm.StartAsync();
        _device = _fcm.NewDevice();
        // A right access token comes from the server's own way to it, which the fake checks.
        await using var world = new PlatformWorld(new()
        {
            ["Push:Fcm:Endpoint"] = _fcm.Origin,
            ["Push:Fcm:ServiceAccountFile"] = _fcm.WriteServiceAccountTo(_folder),
        });
        _token = await world.Keys.Fcm!.GetTokenAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_right_request_is_taken()
    {
        Assert.Equal(200, (await Right().SendAsync((TestAuthority?)null)).Status);
        Assert.Equal("1", Assert.Single(_fcm.Received)["v"]);
        Assert.Empty(_fcm.Refused);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Bearer another")]
    [InlineData("key=a")]
    public Task One_without_an_access_token_is_refused(string authorization) =>
        ExpectRefusalAsync(401, "UNAUTHENTICATED", request => request.Headers["Authorization"] = authorization);

    [Theory]
    [InlineData("""{"v":1}""", Android)]
    [InlineData("""{"from":"a"}""", Android)]
    [InlineData("""{"google.a":"a"}""", Android)]
    [InlineData("[]", Android)]
    [InlineData("""{"v":"1"}""", """{"priority":"HIGH","ttl":"60s"}""")]
    [InlineData("""{"v":"1"}""", """{"collapse_key":"a","priority":"URGENT","ttl":"60s"}""")]
    [InlineData("""{"v":"1"}""", """{"collapse_key":"a","priority":"HIGH","ttl":"60"}""")]
    [InlineData("""{"v":"1"}""", """{"collapse_key":"a","priority":"HIGH","ttl":60}""")]
    public Task A_message_of_another_shape_is_refused(string data, string android) =>
        ExpectRefusalAsync(400, "INVALID_ARGUMENT", request => request.Body = Message(data, android));

    [Fact]
    public async Task What_is_no_message_or_too_long_is_refused()
    {
        await ExpectRefusalAsync(400, "INVALID_ARGUMENT", request => request.Body = "{"u8.ToArray());
        await ExpectRefusalAsync(400, "INVALID_ARGUMENT", request => request.Body = "{}"u8.ToArray());
        await ExpectRefusalAsync(400, "INVALID_ARGUMENT", request => request.Body = """{"message":{"token":"a","notification":{}}}"""u8.ToArray());
        await ExpectRefusalAsync(400, "INVALID_ARGUMENT", request => request.Body = Message($$"""{"v":"{{new string('a', 4_096)}}"}""", Android));
        await ExpectRefusalAsync(404, "NOT_FOUND", request => request.Address = $"{_fcm.Origin}/v1/projects/another/messages:send");
    }

    [Fact]
    public async Task An_access_token_is_not_given_for_an_assertion_of_another_key()
    {
        using var key = System.Security.Cryptography.RSA.Create(2048);
        await using var another = await FakeFcm.StartAsync(key: key);
        var account = JsonSerializer.Deserialize<Dictionary<string, string>>(await File.ReadAllTextAsync(another.WriteServiceAccountTo(_folder), TestContext.Current.CancellationToken))!;
        account["token_uri"] = $"{_fcm.Origin}/token";
        var file = Path.Combine(_folder, "mixed.json");
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(account), TestContext.Current.CancellationToken);
        await using var world = new PlatformWorld(new() { ["Push:Fcm:Endpoint"] = _fcm.Origin, ["Push:Fcm:ServiceAccountFile"] = file });

        Assert.Equal(new PushOutcome.Misconfigured(PushReason.BadCredentials, 400), await world.SendAsync(PlatformWorld.To(PushKind.Fcm, _device)));
        Assert.Equal(["The assertion is not signed by the account's key."], _fcm.Refused);
    }

    [Fact]
    public async Task A_device_that_is_unknown_or_removed_takes_nothing()
    {
        _fcm.Remove(_device);
        Assert.Contains("UNREGISTERED", (await Right().SendAsync((TestAuthority?)null)).Body, StringComparison.Ordinal);
        _device = "unknown";
        Assert.Contains("message.token", (await Right().SendAsync((TestAuthority?)null)).Body, StringComparison.Ordinal);
        Assert.Empty(_fcm.Refused);
    }

    public async ValueTask DisposeAsync()
    {
        await _fcm.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task ExpectRefusalAsync(int status, string code, Action<RawRequest> breakIt)
    {
        var (request, before) = (Right(), _fcm.Refused.Count);
        breakIt(request);

        var answer = await request.SendAsync((TestAuthority?)null);

        Assert.Equal(status, answer.Status);
        Assert.Contains(code, answer.Body, StringComparison.Ordinal);
        Assert.Equal(before + 1, _fcm.Refused.Count);
        Assert.Empty(_fcm.Received);
    }

    private RawRequest Right() => new($"{_fcm.Origin}/v1/projects/{FakeFcm.Project}/messages:send")
    {
        Version = HttpVersion.Version11,
        Headers = { ["Authorization"] = $"Bearer {_token}" },
        Body = Message("""{"v":"1"}""", Android),
    };

    private byte[] Message(string data, string android) => Encoding.UTF8.GetBytes($$$"""{"message":{"token":"{{{_device}}}","data":{{{data}}},"android":{{{android}}}}}""");
}
