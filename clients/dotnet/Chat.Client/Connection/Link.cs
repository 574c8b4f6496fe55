using System.Threading.Channels;

namespace Chat.Client;

/// <summary>One connection's life, and what belongs to it alone. But for the sending, used on the loop only.</summary>
internal sealed class Link : IAsyncDisposable
{
    private const int MaxWaiting = 4096;

    private static readonly TimeSpan LastWords = TimeSpan.FromMilliseconds(250);

    private readonly ITransport _transport;
    private readonly Channel<IClientFrame> _outgoing =
        Channel.CreateBounded<IClientFrame>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
    private readonly CancellationTokenSource _ended = new();
    private readonly TaskCompletionSource _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _writing = Task.CompletedTask;

    public Link(ITransport transport, TimeProvider clock)
    {
        _transport = transport;
        Delivered = new GatheredAcks(Post, clock);
    }

    /// <summary>The acks of what has come.</summary>
    public GatheredAcks Delivered { get; }

    /// <summary>The users whose presence was asked for.</summary>
    public HashSet<string> Watched { get; } = [];

    /// <summary>The conversations whose receipts were read.</summary>
    public HashSet<string> ReceiptsRead { get; } = [];

    /// <summary>The conversations of which a message has come since the connection, or its last drain, began: the next one follows on it.</summary>
    public HashSet<string> Followed { get; } = [];

    /// <summary>By conversation, the highest place of a message that was thrown away here and acked all the same: no later one may claim it.</summary>
    public Dictionary<string, long> Missed { get; } = [];

    public ChannelReader<ServerFrame> Frames => _transport.Frames;

    public LinkEnd End => _transport.End;

    /// <summary>Completes when nothing more can be said.</summary>
    public Task Broken => _broken.Task;

    public async Task ConnectAsync(string accessToken, CancellationToken ct)
    {
        await _transport.ConnectAsync(accessToken, ct);
        _writing = Task.Run(WriteAsync, CancellationToken.None);
    }

    /// <summary>Says something, in order; never waits. On a connection that takes nothing more it is lost, and the connection with it.</summary>
    public void Post(IClientFrame frame)
    {
        if (!_outgoing.Writer.TryWrite(frame))
            _broken.TrySetResult();
    }

    /// <summary>The user is not in a conversation any more: should it come back, nothing is known of it.</summary>
    public void Forget(string conversationId)
    {
        ReceiptsRead.Remove(conversationId);
        Followed.Remove(conversationId);
        Missed.Remove(conversationId);
    }

    public async ValueTask DisposeAsync()
    {
        Delivered.Dispose();
        _outgoing.Writer.TryComplete();
        // What was said last goes out, where there is still somebody to hear it.
        await Task.WhenAny(_writing, _transport.Frames.Completion, Task.Delay(LastWords));
        await _ended.CancelAsync();
        await _transport.DisposeAsync();
        await _writing;
        _ended.Dispose();
    }

    private async Task WriteAsync()
    {
        try
        {
            await foreach (var frame in _outgoing.Reader.ReadAllAsync(_ended.Token))
                await _transport.SendAsync(frame, _ended.Token);
        }
        catch (Exception e) when (e is ChatException or OperationCanceledException || _ended.IsCancellationRequested)
        {
            _broken.TrySetResult();
        }
    }
}
