using System.Threading.Channels;

namespace Chat.Client;

/// <summary>
/// Tries several transports in turn; the first that delivers a frame is used. Proxies refuse upgrades, and buffer what is streamed.
/// </summary>
internal sealed class FallbackTransport(IReadOnlyList<Func<ITransport>> transports, TimeProvider clock) : ITransport
{
    /// <summary>How long the first frame may take, where there is another transport to try.</summary>
    internal static readonly TimeSpan FirstFrameTimeout = TimeSpan.FromSeconds(8);

    private static readonly ChannelReader<ServerFrame> Nothing = Ended();

    private ITransport? _chosen;

    public ChannelReader<ServerFrame> Frames => _chosen?.Frames ?? Nothing;

    public ConnectionEnd End => _chosen?.End ?? new(CloseReason.Lost, "never open");

    public async Task ConnectAsync(Caller caller, CancellationToken ct)
    {
        for (var i = 0; _chosen is null; i++)
        {
            var transport = transports[i]();
            try
            {
                await TryAsync(transport, caller, i == transports.Count - 1 ? Timeout.InfiniteTimeSpan : FirstFrameTimeout, ct);
                _chosen = transport;
            }
            catch (Exception e)
            {
                await transport.DisposeAsync();
                if (i == transports.Count - 1 || ct.IsCancellationRequested || IsFinal(e))
                    throw;
            }
        }
    }

    public Task SendAsync(IClientFrame frame, CancellationToken ct) =>
        _chosen?.SendAsync(frame, ct) ?? throw new InvalidOperationException("Not connected.");

    public ValueTask DisposeAsync() => _chosen?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task TryAsync(ITransport transport, Caller caller, TimeSpan timeout, CancellationToken ct)
    {
        using var late = new CancellationTokenSource(timeout, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(late.Token, ct);
        await transport.ConnectAsync(caller, both.Token);
        // An open connection is not enough: a frame, the welcome first, must arrive. A close with a reason is an answer of the server, too.
        if (!await transport.Frames.WaitToReadAsync(both.Token) && transport.End.Reason == CloseReason.Lost)
            throw ChatException.NoAnswer(new IOException(transport.End.Text));
    }

    private static ChannelReader<ServerFrame> Ended()
    {
        var nothing = Channel.CreateBounded<ServerFrame>(1);
        nothing.Writer.Complete();
        return nothing.Reader;
    }

    /// <summary>The server refused, or cannot be reached: no other transport would work.</summary>
    private static bool IsFinal(Exception e) =>
        e is ChatException { Code: ErrorCodes.Unauthenticated or ErrorCodes.Unavailable } or ChatException { InnerException: HttpRequestException };
}
