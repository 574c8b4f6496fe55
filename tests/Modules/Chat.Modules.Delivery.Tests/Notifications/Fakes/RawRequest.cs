using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Chat.Testing.Push;

namespace Chat.Modules.Delivery.Tests.Notifications.Fakes;

/// <summary>A request written by hand, so that a test can write it wrong.</summary>
internal sealed class RawRequest(string address)
{
    public string Method { get; set; } = "POST";

    public string Address { get; set; } = address;

    public Version Version { get; set; } = HttpVersion.Version20;

    /// <summary>With an empty value none is sent.</summary>
    public Dictionary<string, string> Headers { get; } = [];

    public byte[] Body { get; set; } = [];

    public static HttpClient Client(TestAuthority? authority)
    {
        var handler = new SocketsHttpHandler();
        if (authority is not null)
            handler.SslOptions.CertificateChainPolicy = authority.Policy();
        return new HttpClient(handler);
    }

    /// <summary>On a connection of its own.</summary>
    public async Task<(int Status, string Body)> SendAsync(TestAuthority? authority)
    {
        using var http = Client(authority);
        return await SendAsync(http);
    }

    public async Task<(int Status, string Body)> SendAsync(HttpClient http)
    {
        using var request = new HttpRequestMessage(new HttpMethod(Method), Address)
        {
            Version = Version,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(Body),
        };
        foreach (var (name, value) in Headers.Where(header => header.Value.Length > 0))
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
                request.Content.Headers.TryAddWithoutValidation(name, value);
        }
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>A token of given claims, signed by ES256.</summary>
    public static string Token(ECDsa key, object header, object claims)
    {
        var signed = $"{Encoded(header)}.{Encoded(claims)}";
        return $"{signed}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }

    private static string Encoded(object part) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(part));
}
