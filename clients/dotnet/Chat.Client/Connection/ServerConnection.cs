using System.Threading.Channels;

namespace Chat.Client;

/// <summary>One connection, and the state that ends with it. Except for sending, used only on the loop.</summary>
internal sealed class ServerConnection : IAsyncDisposable
{
    private const int MaxQueued = 4096;

    private static readonly TimeSpan FlushTimeout = TimeSpan.FromMilliseconds(250);

    private readonly ITransport _transport;
    private readonly Channel<IClientFrame> _outgoing =
        Channel.CreateBounded<IClientFrame>(new BoundedChannelOptions(MaxQueued) { SingleReader = true });
    private readonly CancellationTokenSource _ended = new();
    private readonly TaskCompletionSource _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _writing = Task.CompletedTask;

    public ServerConnection(ITransport transport, TimeProvider clock)
    {
        _transport = transport;
        Delivered = new DelayedAcks(Post, clock);
    }

    /// <summary>The acks of received messages.</summary>
    public DelayedAcks Delivered { get; }

    /// <summary>The users whose presence was asked for.</summary>
    public HashSet<string> Watched { get; } = [];

    /// <summary>The conversations whose receipts were read.</summary>
    public HashSet<string> ReceiptsRead { get; } = [];

    /// <summary>The conversations with a message since the connection, or its last drain, began: the next message follows directly on that one.</summary>
    public HashSet<string> Followed { get; } = [];

    /// <summary>By conversation, the highest acked seqNo whose message was discarded here: no later message may complete the range up to it.</summary>
    public Dictionary<string, long> Missed { get; } = [];

    public ChannelReader<ServerFrame> Frames => _transport.Frames;

    public ConnectionEnd End => _transport.End;

    /// <summary>Completes when nothing more can be sent.</summary>
    public Task Broken => _broken.Task;

    public async Task ConnectAsync(Caller caller, CancellationToken ct)
    {
        await _transport.ConnectAsync(caller, ct);
        _writing = Task.Run(WriteAsync, CancellationToken.None);
    }

    /// <summary>Sends a frame, in order; never waits. If the queue is full, the frame is lost and the connection ends.</summary>
    public void Post(IClientFrame frame)
    {
        if (!_outgoing.Writer.TryWrite(frame))
            _broken.TrySetResult();
    }

    /// <summary>The user is no longer a member of a conversation: if it comes back, nothing is known of it.</summary>
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
        // The last frames are sent, if the connection still works.
        await Task.WhenAny(_writing, _transport.Frames.Completion, Task.Delay(FlushTimeout));
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
