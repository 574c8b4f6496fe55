using System.Net.Http.Headers;

namespace Chat.Modules.Delivery.Notifications.Platforms;

/// <summary>Sends requests to a platform. Whatever the other side does ends in an answer, in bounded time and memory.</summary>
internal sealed class PlatformClient(HttpMessageHandler handler, PlatformOptions options, TimeProvider clock) : IDisposable
{
    /// <summary>Bytes of an answer's body that are read. More is cut off; the reasons of errors are a few hundred.</summary>
    public const int MaxBodyBytes = 16 * 1024;

    private readonly HttpMessageInvoker _http = new(handler);

    /// <param name="readsErrors">Whether the body of an answer that is no success is read.</param>
    /// <exception cref="OperationCanceledException">By the caller.</exception>
    public async Task<PlatformAnswer> SendAsync(HttpRequestMessage request, bool readsErrors, CancellationToken ct)
    {
        using var deadline = new CancellationTokenSource(options.RequestTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, deadline.Token);
        try
        {
            // The body is not awaited by the handler: one that does not end cannot hold anything up.
            using var response = await _http.SendAsync(request, either.Token);
            var body = readsErrors && !response.IsSuccessStatusCode ? await ReadAsync(response.Content, either.Token) : default;
            return new PlatformAnswer((int)response.StatusCode, RetryAfterOf(response.Headers.RetryAfter), body);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return PlatformAnswer.None(PushReason.Timeout);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return PlatformAnswer.None(e.InnerException is BlockedAddressException ? PushReason.BlockedAddress : PushReason.Unreachable);
        }
    }

    public void Dispose() => _http.Dispose();

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContent content, CancellationToken ct)
    {
        var bytes = new byte[MaxBodyBytes];
        await using var body = await content.ReadAsStreamAsync(ct);
        return bytes.AsMemory(0, await body.ReadAtLeastAsync(bytes, MaxBodyBytes, throwOnEndOfStream: false, ct));
    }

    private TimeSpan? RetryAfterOf(RetryConditionHeaderValue? header)
    {
        var asked = header?.Delta ?? header?.Date - clock.GetUtcNow();
        return asked is not { } after ? null
            : after < TimeSpan.Zero ? TimeSpan.Zero
            : after > options.MaxRetryAfter ? options.MaxRetryAfter
            : after;
    }
}

/// <summary>A Web Push endpoint is at an address that the server must not connect to.</summary>
internal sealed class BlockedAddressException() : Exception("The endpoint is at a loopback, private or otherwise not public address.");
