using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Chat.EndToEnd.Tests.Clients;

/// <summary>The REST interface. Answers are handed over as they are; nothing is retried.</summary>
internal sealed class RestClient(Uri address, string? token = null)
{
    // One pool of connections for all tests; it outlives restarts of a server, for broken connections are replaced.
    private static readonly HttpClient _http = new(new SocketsHttpHandler { Expect100ContinueTimeout = TimeSpan.FromSeconds(60) })
    {
        Timeout = TimeSpan.FromSeconds(60),
    };

    public Task<RestAnswer> GetAsync(string path) => SendAsync(HttpMethod.Get, path, null);

    public Task<RestAnswer> PostAsync(string path, object body) => SendAsync(HttpMethod.Post, path, JsonSerializer.Serialize(body));

    public Task<RestAnswer> PatchAsync(string path, object body) => SendAsync(HttpMethod.Patch, path, JsonSerializer.Serialize(body));

    public Task<RestAnswer> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path, null);

    public Task<RestAnswer> SendAsync(HttpMethod method, string path, string? json) =>
        SendContentAsync(method, path, json is null ? null : new StringContent(json, Encoding.UTF8, "application/json"));

    public async Task<RestAnswer> SendContentAsync(HttpMethod method, string path, HttpContent? content)
    {
        using var request = new HttpRequestMessage(method, new Uri(address, path)) { Content = content };
        // A body that the server refuses unread would break the pipe that the refusal comes through.
        request.Headers.ExpectContinue = content?.Headers.ContentLength > 65_536;
        if (token is not null)
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");

        using var answer = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return new RestAnswer($"{method} {path}", answer.StatusCode, answer.Content.Headers.ContentType?.MediaType, answer.Headers.RetryAfter, text);
    }

    /// <summary>The bytes at a path; no status where no answer came.</summary>
    public async Task<(HttpStatusCode? Status, byte[] Bytes)> GetBytesAsync(string path, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address, path));
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        try
        {
            using var answer = await _http.SendAsync(request, ct);
            return (answer.StatusCode, await answer.Content.ReadAsByteArrayAsync(ct));
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            return (null, []);
        }
    }

    /// <summary>POST /v1/messages.</summary>
    public Task<RestAnswer> SendMessageAsync(string to, string text, string clientMsgId) =>
        PostAsync("/v1/messages", new { to, text, clientMsgId });

    /// <summary>All messages of a conversation, page by page from the beginning.</summary>
    public async Task<List<JsonElement>> ReadLogAsync(string conversationId, int limit = 200)
    {
        var messages = new List<JsonElement>();
        var after = 0L;
        while (true)
        {
            var page = (await GetAsync($"/v1/conversations/{conversationId}/messages?after={after}&limit={limit}")).Expect(HttpStatusCode.OK);
            messages.AddRange(page.Items("messages"));
            after = page.Number("nextAfter");
            if (after >= page.Number("maxSeqNo"))
                return messages;
        }
    }
}

/// <param name="Call">What was asked, for failures.</param>
internal sealed record RestAnswer(
    string Call, HttpStatusCode Status, string? ContentType, RetryConditionHeaderValue? RetryAfter, string Content)
{
    public JsonElement Json => JsonDocument.Parse(Content).RootElement;

    public JsonElement Expect(HttpStatusCode status)
    {
        Assert.True(Status == status, $"{Call} answered {(int)Status}, expected {(int)status}: {Content}");
        return Content.Length == 0 ? default : Json;
    }

    public void Expect2xx() => Assert.True((int)Status is >= 200 and < 300, $"{Call} answered {(int)Status}: {Content}");

    /// <summary>Checks for problem details (RFC 9457) with a code.</summary>
    public JsonElement ExpectProblem(HttpStatusCode status, string code)
    {
        var problem = Expect(status);
        Assert.Equal("application/problem+json", ContentType);
        Assert.Equal(code, problem.Text("code"));
        return problem;
    }
}
