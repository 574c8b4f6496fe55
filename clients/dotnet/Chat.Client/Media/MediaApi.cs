using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Chat.Client;

/// <summary>The calls whose bodies are bytes. They may take long; what ends them is that nothing moves.</summary>
internal sealed class MediaApi : IDisposable
{
    /// <summary>How long nothing may move. The server's answer may take as long after the last byte.</summary>
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(60);

    // The server refuses before it reads the body: a body above this waits for it.
    private const int ExpectBytes = 64 * 1024;
    private const int PieceBytes = 64 * 1024;

    private readonly SessionTokens _session;
    private readonly TimeProvider _clock;
    private readonly HttpClient _http;

    public MediaApi(Uri server, HttpMessageHandler? handler, SessionTokens session, TimeProvider clock)
    {
        (_session, _clock) = (session, clock);
        _http = handler is null ? new HttpClient() : new HttpClient(handler, disposeHandler: false);
        (_http.BaseAddress, _http.Timeout) = (server, Timeout.InfiniteTimeSpan);
    }

    public static string PathOf(string mediaId) => $"v1/media/{Uri.EscapeDataString(mediaId)}";

    public async Task<MessageMedia> DescribeAsync(string mediaId, CancellationToken ct) =>
        (await ReadJsonAsync($"{PathOf(mediaId)}/info", ChatJson.Wire.UploadedMedia, ct)).ToMedia();

    /// <summary>Sends a request, with a body or none; its answer has JSON or headers only.</summary>
    /// <param name="user">Whose request it is; refused when somebody else is signed in.</param>
    /// <param name="ask">Makes the request; called again with a new token.</param>
    /// <param name="accepted">Refusals that are returned and not thrown.</param>
    /// <param name="ct">Ends the request.</param>
    /// <exception cref="ChatException">It was refused, or no answer came (<c>network</c>).</exception>
    public Task<HttpResponseMessage> SendAsync(
        string user, Func<HttpRequestMessage> ask, ReadOnlyMemory<HttpStatusCode> accepted, CancellationToken ct) => CallAsync(user, ask, async (request, stall) =>
    {
        var slice = request.Content as FileSlice;
        if (slice is not null)
        {
            request.Headers.ExpectContinue = slice.Headers.ContentLength > ExpectBytes;
            var tell = slice.OnSent;
            slice.OnSent = sent =>
            {
                stall.Moved();
                tell(sent);
            };
        }
        try
        {
            var response = await _http.SendAsync(request, stall.Token);
            if (response.IsSuccessStatusCode || accepted.Span.Contains(response.StatusCode))
                return response;
            using (response)
                throw await RestClient.RefusalAsync(response, stall.Token);
        }
        catch (Exception) when (slice?.Unreadable is { } unreadable)
        {
            throw new IOException("The file cannot be read.", unreadable);
        }
    }, ct);

    public Task<T> ReadJsonAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken ct) => CallAsync(null, () => new HttpRequestMessage(HttpMethod.Get, path), async (request, stall) =>
    {
        using var response = await _http.SendAsync(request, stall.Token);
        if (!response.IsSuccessStatusCode)
            throw await RestClient.RefusalAsync(response, stall.Token);
        return await response.Content.ReadFromJsonAsync(type, stall.Token) ?? throw new JsonException("The answer is null.");
    }, ct);

    /// <summary>Reads bytes into a stream.</summary>
    public Task<long> ReadAsync(string path, Stream to, CancellationToken ct) => CallAsync(null, () => new HttpRequestMessage(HttpMethod.Get, path), async (request, stall) =>
    {
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stall.Token);
        if (!response.IsSuccessStatusCode)
            throw await RestClient.RefusalAsync(response, stall.Token);
        await using var from = await response.Content.ReadAsStreamAsync(stall.Token);
        var (piece, total) = (new byte[PieceBytes], 0L);
        while (await ReadAsync(from, piece, stall.Token) is > 0 and var read)
        {
            stall.Moved();
            await to.WriteAsync(piece.AsMemory(0, read), ct);
            total += read;
        }
        return total;
    }, ct);

    /// <param name="address">A path of the server, which behind a proxy may not know the whole of its own; or an address elsewhere.</param>
    public Uri Absolute(string address) =>
        address.StartsWith('/') ? new Uri(_http.BaseAddress!, address[(Math.Max(0, address.IndexOf("/v1/", StringComparison.Ordinal)) + 1)..]) : new Uri(address);

    public void Dispose() => _http.Dispose();

    private Task<T> CallAsync<T>(
        string? user, Func<HttpRequestMessage> ask, Func<HttpRequestMessage, StallWatch, Task<T>> exchange, CancellationToken ct) =>
        _session.CallAsync(async caller =>
        {
            if (user is not null && user != caller.UserId)
                throw ChatException.NotSignedIn();
            using var request = ask();
            request.RequestUri = caller.AddressOf(request.RequestUri!.OriginalString);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", caller.Token);
            using var stall = new StallWatch(_clock, ct);
            try
            {
                return await exchange(request, stall);
            }
            catch (Exception e) when (IsNoAnswer(e) && !ct.IsCancellationRequested)
            {
                throw ChatException.NoAnswer(e);
            }
        }, ct);

    // An IOException is one of the caller's own file or stream.
    private static bool IsNoAnswer(Exception e) => e is HttpRequestException or JsonException or OperationCanceledException;

    private static async Task<int> ReadAsync(Stream answer, Memory<byte> piece, CancellationToken ct)
    {
        try
        {
            return await answer.ReadAsync(piece, ct);
        }
        catch (IOException e)
        {
            throw ChatException.NoAnswer(e);
        }
    }

    /// <summary>Cancels when nothing has moved for too long.</summary>
    private sealed class StallWatch(TimeProvider clock, CancellationToken ct) : IDisposable
    {
        private readonly CancellationTokenSource _late = new(Stall, clock);
        private CancellationTokenSource? _both;

        public CancellationToken Token => (_both ??= CancellationTokenSource.CreateLinkedTokenSource(_late.Token, ct)).Token;

        public void Moved() => _late.CancelAfter(Stall);

        public void Dispose()
        {
            _both?.Dispose();
            _late.Dispose();
        }
    }
}
