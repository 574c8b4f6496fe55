using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Chat.Host.Tests.Running;

namespace Chat.Host.Tests.Media;

/// <summary>A user who uploads and downloads.</summary>
internal sealed class MediaClient : IDisposable
{
    private readonly HttpClient _http;

    private MediaClient(Uri address, string token)
    {
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, Expect100ContinueTimeout = TimeSpan.FromSeconds(30) }) { BaseAddress = address };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        Token = token;
    }

    public string Token { get; }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task<MediaClient> RegisterAsync(TestHost host, string userId) =>
        new(await host.AddressAsync(), (await host.RegisterAsync(userId)).Expect(HttpStatusCode.Created).AccessToken);

    public static async Task<MediaClient> LogInAsync(TestHost host, string userId) =>
        new(await host.AddressAsync(), (await host.LogInAsync(userId)).Expect(HttpStatusCode.OK).AccessToken);

    public Task<Answer> UploadAsync(byte[] bytes, params (string Name, string Value)[] headers) => UploadAsync(new ByteArrayContent(bytes), headers);

    public async Task<Answer> UploadAsync(HttpContent content, params (string Name, string Value)[] headers)
    {
        using var answer = await SendAsync(HttpMethod.Post, "/v1/media/upload", content, headers);
        return new Answer(answer, await answer.Content.ReadAsStringAsync(Ct));
    }

    /// <summary>The id of what was uploaded.</summary>
    public async Task<string> UploadedAsync(byte[] bytes, params (string Name, string Value)[] headers) =>
        (await UploadAsync(bytes, headers)).Expect(HttpStatusCode.Created).Text("mediaId");

    public async Task<Answer> AskAsync(HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        using var answer = await SendAsync(method, path, null, headers);
        return new Answer(answer, await answer.Content.ReadAsStringAsync(Ct));
    }

    public async Task<Answer> PostAsync(string path, object body)
    {
        using var answer = await SendAsync(HttpMethod.Post, path, JsonContent.Create(body));
        return new Answer(answer, await answer.Content.ReadAsStringAsync(Ct));
    }

    /// <summary>To be disposed.</summary>
    public Task<HttpResponseMessage> GetAsync(string path, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Get, path, null, headers);

    public async Task<byte[]> BytesAsync(string mediaId)
    {
        using var answer = await GetAsync($"/v1/media/{mediaId}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsByteArrayAsync(Ct);
    }

    public async Task<long> UsageAsync() => (await AskAsync(HttpMethod.Get, "/v1/media/usage")).Json.GetProperty("bytes").GetInt64();

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        // What is refused unread would break the pipe that the refusal comes through.
        request.Headers.ExpectContinue = content is not null;
        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
                content!.Headers.TryAddWithoutValidation(name, value);
        }
        return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Ct);
    }

    public void Dispose() => _http.Dispose();
}
