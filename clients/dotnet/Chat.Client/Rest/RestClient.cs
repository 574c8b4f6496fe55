using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Chat.Client;

/// <summary>Requests under /v1; a refusal is a <see cref="ChatException"/>.</summary>
internal sealed class RestClient : IDisposable
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http;

    public RestClient(Uri server, HttpMessageHandler? handler)
    {
        _http = handler is null ? new HttpClient() : new HttpClient(handler, disposeHandler: false);
        (_http.BaseAddress, _http.Timeout) = (server, RequestTimeout);
    }

    public static HttpContent Body<T>(T body, JsonTypeInfo<T> type) => JsonContent.Create(body, type);

    /// <summary>Sends a request whose answer has a body.</summary>
    /// <exception cref="ChatException">It was refused, or no answer came (<c>network</c>).</exception>
    public Task<T> AskAsync<T>(HttpMethod method, string path, HttpContent? body, Caller caller, JsonTypeInfo<T> type, CancellationToken ct) =>
        SendAsync(method, path, body, caller, async content =>
            await content.ReadFromJsonAsync(type, ct) ?? throw new JsonException("The answer is null."), ct);

    /// <summary>Sends a request whose answer has no body.</summary>
    public Task TellAsync(HttpMethod method, string path, HttpContent? body, Caller caller, CancellationToken ct) =>
        SendAsync(method, path, body, caller, _ => Task.FromResult(true), ct);

    /// <summary>What an answer that is no success says.</summary>
    public static async Task<ChatException> RefusalAsync(HttpResponseMessage response, CancellationToken ct)
    {
        Problem? problem = null;
        try
        {
            problem = await response.Content.ReadFromJsonAsync(ChatJson.Wire.Problem, ct);
        }
        catch (JsonException)
        {
            // Not the server's answer: a proxy's page.
        }
        return new ChatException(
            problem?.Code ?? CodeOf(response.StatusCode), problem?.Title ?? $"The server answered {(int)response.StatusCode}.", RetryAfter(response));
    }

    public void Dispose() => _http.Dispose();

    private async Task<T> SendAsync<T>(
        HttpMethod method, string path, HttpContent? body, Caller caller, Func<HttpContent, Task<T>> read, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, caller.AddressOf(path)) { Content = body };
        if (caller.Token is { } token)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        try
        {
            using var response = await _http.SendAsync(request, ct);
            return response.IsSuccessStatusCode ? await read(response.Content) : throw await RefusalAsync(response, ct);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            throw ChatException.NoAnswer(e);
        }
    }

    // For an answer that is not the server's own. It never says that a session or a group is gone: only the server can know that.
    private static string CodeOf(HttpStatusCode status) => status switch
    {
        HttpStatusCode.TooManyRequests => ErrorCodes.RateLimited,
        HttpStatusCode.RequestEntityTooLarge => ErrorCodes.TooLarge,
        HttpStatusCode.InternalServerError => ErrorCodes.Internal,
        > HttpStatusCode.InternalServerError => ErrorCodes.Unavailable,
        _ => ErrorCodes.BadRequest,
    };

    private static TimeSpan? RetryAfter(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Retry-After", out var values)
            && int.TryParse(values.FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(Math.Min(seconds, 3600))
            : null;
}
