using System.Threading.Channels;

namespace Chat.Client;

/// <summary>
/// Several ways to one server: the first through which something comes is the connection. Proxies refuse upgrades, and hold back what is streamed.
/// </summary>
/// <param name="ways">In the order in which they are tried.</param>
/// <param name="clock">Its patience goes by it.</param>
internal sealed class FirstThatWorks(IReadOnlyList<Func<ITransport>> ways, TimeProvider clock) : ITransport
{
    /// <summary>How long the first word may take on its way, where there is another one.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    private static readonly ChannelReader<ServerFrame> Nothing = Ended();

    private ITransport? _chosen;

    public ChannelReader<ServerFrame> Frames => _chosen?.Frames ?? Nothing;

    public LinkEnd End => _chosen?.End ?? new(LinkEndReason.Lost, "never open");

    public async Task ConnectAsync(string accessToken, CancellationToken ct)
    {
        for (var i = 0; _chosen is null; i++)
        {
            var way = ways[i]();
            try
            {
                await TryAsync(way, accessToken, i == ways.Count - 1 ? Timeout.InfiniteTimeSpan : Patience, ct);
                _chosen = way;
            }
            catch (Exception e)
            {
                await way.DisposeAsync();
                if (i == ways.Count - 1 || ct.IsCancellationRequested || IsOfTheServer(e))
                    throw;
            }
        }
    }

    public Task SendAsync(IClientFrame frame, CancellationToken ct) =>
        _chosen?.SendAsync(frame, ct) ?? throw new InvalidOperationException("Not connected.");

    public ValueTask DisposeAsync() => _chosen?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task TryAsync(ITransport way, string accessToken, TimeSpan patience, CancellationToken ct)
    {
        using var late = new CancellationTokenSource(patience, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(late.Token, ct);
        await way.ConnectAsync(accessToken, both.Token);
        // Open is not enough: what the server says, its welcome first, must come through. An end that says why is its word, too.
        if (!await way.Frames.WaitToReadAsync(both.Token) && way.End.Reason == LinkEndReason.Lost)
            throw ChatException.NoAnswer(new IOException(way.End.Text));
    }

    private static ChannelReader<ServerFrame> Ended()
    {
        var nothing = Channel.CreateBounded<ServerFrame>(1);
        nothing.Writer.Complete();
        return nothing.Reader;
    }

    /// <summary>Said by the server, or by there being none: no other way would help.</summary>
    private static bool IsOfTheServer(Exception e) =>
        e is ChatException { Code: ErrorCodes.Unauthenticated or ErrorCodes.Unavailable } or ChatException { InnerException: HttpRequestException };
}
