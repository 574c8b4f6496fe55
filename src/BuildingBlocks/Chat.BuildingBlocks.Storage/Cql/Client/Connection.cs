namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>
/// One connection to a node, with many requests under way on it: each has a stream number, and whatever is written while a send runs goes
/// out with the next one. Requests beyond its streams wait their turn. Never opened again: a new one is made.
/// </summary>
internal sealed partial class Connection : IFrameSink, IThreadPoolWorkItem
{
    // Stands for a request whose caller has gone: its stream is not used again before the answer has come.
    private static readonly Request Orphan = new OptionsRequest();

    private readonly Lock _gate = new();
    private readonly Stream _stream;
    private readonly ConnectionSettings _settings;
    private readonly FrameEncoder _encoder;
    private readonly FrameDecoder _decoder;
    private readonly ITimer _sweeps;
    private readonly TaskCompletionSource<string> _closedWhy = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // All of these are written under _gate.
    private readonly Request?[] _streams;
    private readonly int[] _free;
    private readonly Queue<Request> _waiting = new();
    private int _freeCount;
    private int _orphans;
    private bool _flushing;
    private volatile bool _closed;

    /// <param name="stream">Connected, and encrypted where that is wanted; the connection's own from here on.</param>
    /// <param name="settings">Limits, times and where to count.</param>
    /// <param name="version">Of the protocol.</param>
    /// <param name="compressed">With LZ4; no more than permission, what would not get shorter is left as it is.</param>
    public Connection(Stream stream, ConnectionSettings settings, byte version, bool compressed)
    {
        _stream = stream;
        _settings = settings;
        Version = version;
        _encoder = new FrameEncoder(compressed);
        _decoder = new FrameDecoder(this, compressed);
        _streams = new Request?[settings.MaxRequests];
        _free = [.. Enumerable.Range(0, settings.MaxRequests).Reverse()];
        _freeCount = settings.MaxRequests;
        _quietSince = settings.Clock.GetTimestamp();
        settings.Metrics.Opened();
        _sweeps = settings.Clock.CreateTimer(static connection => ((Connection)connection!).Sweep(), this, settings.SweepPeriod, settings.SweepPeriod);
        _onRead = OnRead;
        ThreadPool.UnsafeQueueUserWorkItem(static connection => connection.Read(), this, preferLocal: false);
    }

    public byte Version { get; }

    /// <summary>Where the server's shard of it is, for ScyllaDB; set when it is opened.</summary>
    public Sharding Sharding { get; set; } = Sharding.None;

    /// <summary>Whether the server may keep a keyspace in tablets, which the ring of tokens knows nothing of.</summary>
    public bool HasTablets { get; set; }

    /// <summary>Gets the bodies of events, one after the other, on the read loop: it must return at once.</summary>
    public Action<byte[]>? OnEvent { get; set; }

    /// <summary>Ends when the connection has; its result says why.</summary>
    public Task<string> Closed => _closedWhy.Task;

    public bool IsOpen => !_closed;

    /// <summary>Requests that were sent or wait; read without the lock, to compare.</summary>
    public int Load => _streams.Length - _freeCount + _waiting.Count;

    /// <summary>Sends a request, or lets it wait for a stream.</summary>
    /// <returns>Ends by the request's deadline at the latest, and throws nothing but what <see cref="Request.WriteBody"/> threw.</returns>
    public ValueTask<Response> SendAsync(Request request)
    {
        request.Connection = this;
        var answer = request.Begin();
        var flush = false;
        var sent = true;
        lock (_gate)
        {
            if (_closed || _freeCount == 0 && _waiting.Count >= _settings.MaxWaiting)
            {
                sent = false;
            }
            else if (_freeCount == 0)
            {
                request.Stream = -1;
                _waiting.Enqueue(request);
                _settings.Metrics.Waits(1);
            }
            else
            {
                flush = Write(request);
            }
        }
        if (!sent)
            request.Response = Response.Without(Outcome.NotSent);
        if (!sent || request.Failure is not null)
            request.Complete();
        if (flush)
            FlushSoon();
        return answer;
    }

    public override string ToString() => _settings.Node;

    /// <inheritdoc cref="Request.Cancel"/>
    public void Cancel(Request request)
    {
        lock (_gate)
        {
            if (!Abandon(request))
                return;
        }
        request.Response = Response.Without(Outcome.Cancelled);
        request.Complete();
    }

    /// <summary>From the next request and answer on, frames are in segments: v5, after the first answer to STARTUP.</summary>
    public void BeginSegments()
    {
        lock (_gate)
            _encoder.Segmented = true;
    }

    /// <summary>Ends it; every request that is under way ends as lost.</summary>
    public void Close(string why)
    {
        lock (_gate)
        {
            if (_closed)
                return;
            _closed = true;
            foreach (var request in _streams)
            {
                if (request is not null && request != Orphan)
                    End(request, Response.Without(Outcome.Lost));
            }
            foreach (var request in _waiting)
                End(request, Response.Without(Outcome.NotSent));
            _settings.Metrics.Waits(-_waiting.Count);
            _waiting.Clear();
            Array.Clear(_streams);
        }
        _sweeps.Dispose();
        _stream.Dispose();
        _settings.Metrics.Closed();
        _closedWhy.TrySetResult(why);
        ThreadPool.UnsafeQueueUserWorkItem(static connection => connection.HandOut(), this, preferLocal: false);
    }

    // Under the lock, with a stream free. True: a flush must be started. One that cannot be written is left with its failure.
    private bool Write(Request request)
    {
        var stream = _free[_freeCount - 1];
        try
        {
            _encoder.Append(request, stream, Version);
        }
        catch (Exception e) when (e is ArgumentException or InvalidCastException or OverflowException)
        {
            request.Failure = e;
            return false;
        }
        _freeCount--;
        _streams[stream] = request;
        request.Stream = stream;
        if (_flushing)
            return false;
        return _flushing = true;
    }

    // Under the lock. Takes a request out of the table, or out of the queue, if it is still there.
    private bool Abandon(Request request)
    {
        if (request.Stream >= 0)
        {
            if (_streams[request.Stream] != request)
                return false;
            _streams[request.Stream] = Orphan;
            _orphans++;
            return true;
        }
        var found = false;
        for (var left = _waiting.Count; left > 0; left--)
        {
            if (_waiting.Dequeue() is var one && one == request)
                found = true;
            else
                _waiting.Enqueue(one);
        }
        if (found)
            _settings.Metrics.Waits(-1);
        return found;
    }
}
