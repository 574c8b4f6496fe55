using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Chat.Testing;

namespace Chat.Client.Tests.EndToEnd;

/// <summary>Takes all that a server sends to Firebase Cloud Messaging.</summary>
internal sealed class FakeFirebase : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("chat-client-push-").FullName;
    private readonly string _origin = FormattableString.Invariant($"http://127.0.0.1:{FreePort.Next()}");
    private readonly ConcurrentQueue<(string Token, string Data)> _taken = new();
    private readonly Task _answering;

    public FakeFirebase()
    {
        _listener.Prefixes.Add($"{_origin}/");
        _listener.Start();
        _answering = AnswerAsync();
    }

    /// <summary>Of a server that sends to it.</summary>
    public IReadOnlyDictionary<string, string> Settings()
    {
        using var key = RSA.Create(2048);
        var path = Path.Combine(_folder, "service-account.json");
        File.WriteAllText(path, JsonSerializer.Serialize(new Dictionary<string, string>
        {
            ["type"] = "service_account", ["project_id"] = "example", ["client_email"] = "chat@example.iam.gserviceaccount.com",
            ["private_key_id"] = "1", ["private_key"] = key.ExportPkcs8PrivateKeyPem(), ["token_uri"] = $"{_origin}/token",
        }));
        return new Dictionary<string, string> { ["Push__Fcm__Endpoint"] = _origin, ["Push__Fcm__ServiceAccountFile"] = path };
    }

    /// <summary>What a device got, in order.</summary>
    public IReadOnlyList<PushPayload> TakenFor(string token) => [.. _taken.Where(one => one.Token == token).Select(one => PushPayload.Parse(one.Data))];

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _answering;
        _listener.Close();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task AnswerAsync()
    {
        while (true)
        {
            HttpListenerContext call;
            try
            {
                call = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
            using var reader = new StreamReader(call.Request.InputStream);
            var body = await reader.ReadToEndAsync();
            if (call.Request.Url!.AbsolutePath != "/token")
            {
                var message = JsonDocument.Parse(body).RootElement.GetProperty("message");
                _taken.Enqueue((message.GetProperty("token").GetString()!, message.GetProperty("data").GetRawText()));
            }
            call.Response.ContentType = "application/json";
            call.Response.Close(Encoding.UTF8.GetBytes("""{"name":"1","access_token":"token","expires_in":3600,"token_type":"Bearer"}"""), willBlock: false);
        }
    }
}
