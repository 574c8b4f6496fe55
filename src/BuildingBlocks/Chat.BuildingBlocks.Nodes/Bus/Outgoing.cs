using System.Buffers;
using System.Security.Cryptography;
using Chat.BuildingBlocks.Concurrency;
using Chat.BuildingBlocks.Errors;

namespace Chat.BuildingBlocks.Nodes.Bus;

/// <summary>
/// What waits for one node, and the loop that hands it over: what has gathered while a batch was under way is the next one. A batch that Redis does not
/// take is tried again under the same numbers, for a lease at most, so that nothing comes later than that.
/// </summary>
internal sealed class Outgoing(NodeId to, BusServices bus, Func<Progress> received)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    private readonly ulong _stream = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
    private readonly string _channel = BusServices.ChannelOf(to);
    private readonly Signal _wake = new();
    private readonly Lock _gate = new();
    private readonly Waiting<Item> _waiting = new(bus.Options.MaxWaitingMessages, bus.Options.MaxWaitingBytes, bus.Metrics);

    // Under _gate.
    private long _lastNumber;
    private long _wantedUpTo;
    private bool _hasEnded;

    // Written under _gate, read without.
    private long _acknowledged;
    private volatile bool _owesBeat;
    private volatile TaskCompletionSource? _goodbye;
    private volatile TaskCompletionSource _moved = NewMove();

    // Only the loop's.
    private readonly List<Item> _batch = [];
    private ArrayBufferWriter<byte> _buffer = new();

    /// <summary>Puts a message behind those that wait. One for which there is no room keeps its number, by which the receiver sees that it is missing.</summary>
    public void Add(string topic, ReadOnlyMemory<byte> payload)
    {
        bool isAdded;
        lock (_gate)
        {
            var item = new Item(++_lastNumber, topic, payload, bus.Clock.GetTimestamp());
            isAdded = !_hasEnded && _waiting.TryAdd(item, 1, item.Bytes);
        }
        if (isAdded)
            _wake.Set();
        else
            bus.Metrics.Dropped("full");
    }

    /// <summary>Says how far this node has got, in both directions, with the next batch or without messages.</summary>
    public void Beat()
    {
        _owesBeat = true;
        _wake.Set();
    }

    /// <summary>The other node says how far it has got with a stream.</summary>
    public void Acknowledge(ulong stream, long number)
    {
        if (stream != _stream || number <= Volatile.Read(ref _acknowledged))
            return;
        lock (_gate)
            Volatile.Write(ref _acknowledged, Math.Max(_acknowledged, Math.Min(number, _lastNumber)));
        Interlocked.Exchange(ref _moved, NewMove()).TrySetResult();
    }

    /// <summary>Returns when the other node has acknowledged all that was added before, or has left.</summary>
    public async Task AcknowledgedAsync(CancellationToken ct)
    {
        long number;
        lock (_gate)
        {
            number = _lastNumber;
            if (_acknowledged >= number || _hasEnded)
                return;
            _wantedUpTo = number;
        }
        Beat();
        while (true)
        {
            var moved = _moved;
            if (Volatile.Read(ref _acknowledged) >= number || Volatile.Read(ref _hasEnded))
                return;
            await moved.Task.WaitAsync(ct);
        }
    }

    /// <summary>Nothing more is sent, and nobody waits.</summary>
    public void End(string reason)
    {
        lock (_gate)
        {
            _hasEnded = true;
            bus.Metrics.Dropped(reason, _waiting.Clear());
        }
        _moved.TrySetResult();
    }

    /// <summary>Sends until cancelled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        while (true)
        {
            await _wake.WaitAsync(ct);
            while (TryTake(out var last))
                await HandOverAsync(last, ct);
            if (_goodbye is { } goodbye)
            {
                await SendHeadAsync(BatchFlags.Leaving);
                goodbye.TrySetResult();
            }
            else if (_owesBeat)
            {
                await SendHeadAsync(BatchFlags.None);
            }
        }
    }

    /// <summary>Says that this node ends, behind what waits.</summary>
    public Task SayGoodbyeAsync()
    {
        var goodbye = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _goodbye = goodbye;
        _wake.Set();
        return goodbye.Task;
    }

    private bool TryTake(out long last)
    {
        _batch.Clear();
        var bytes = 0;
        lock (_gate)
        {
            // A batch has no hole in it.
            while (_waiting.TryPeek(out var next) && (_batch.Count == 0 || (next.Number == _batch[^1].Number + 1 && bytes + next.Bytes <= bus.Options.MaxBatchBytes)))
            {
                _waiting.TryTake(out _);
                _batch.Add(next);
                bytes += next.Bytes;
            }
        }
        last = _batch.Count > 0 ? _batch[^1].Number : 0;
        return _batch.Count > 0;
    }

    private async Task HandOverAsync(long last, CancellationToken ct)
    {
        _owesBeat = false;
        Write(Head(BatchFlags.None) with { Last = last, Count = _batch.Count });
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            if (!bus.Membership.HoldsLease || bus.Clock.GetElapsedTime(_batch[0].AddedAt) >= bus.Lease)
            {
                bus.Metrics.Dropped(bus.Membership.HoldsLease ? "not_sent" : "no_lease", _batch.Count);
                return;
            }
            if (await TryPublishAsync())
            {
                bus.Metrics.Sent(_batch.Count);
                return;
            }
            // It came, and only the answer did not.
            if (Volatile.Read(ref _acknowledged) >= last)
                return;
            await Task.Delay(pause, bus.Clock, ct);
        }
    }

    private async Task SendHeadAsync(BatchFlags flags)
    {
        _owesBeat = false;
        Batch head;
        lock (_gate)
        {
            // What waits comes with its own numbers.
            if (!_waiting.IsEmpty)
                return;
            head = Head(flags);
        }
        if (!bus.Membership.HoldsLease)
            return;
        _batch.Clear();
        Write(head);
        await TryPublishAsync();
    }

    private Batch Head(BatchFlags flags)
    {
        var progress = received();
        lock (_gate)
        {
            return new Batch
            {
                Flags = flags | (_acknowledged < _wantedUpTo ? BatchFlags.AcknowledgementWanted : BatchFlags.None),
                From = bus.Membership.Self,
                Stream = _stream,
                Last = _lastNumber,
                AcknowledgedStream = progress.Stream,
                Acknowledged = progress.Number,
            };
        }
    }

    private void Write(Batch head)
    {
        if (_buffer.Capacity > 2 * bus.Options.MaxBatchBytes)
            _buffer = new ArrayBufferWriter<byte>();
        _buffer.ResetWrittenCount();
        head.WriteHead(_buffer);
        foreach (var item in _batch)
            Batch.WriteMessage(_buffer, item.Topic, item.Payload.Span);
    }

    // Without a subscriber of the channel it has not come; the receiver is about to connect again, or has gone.
    private async Task<bool> TryPublishAsync()
    {
        try
        {
            return await bus.Redis.PublishAsync(BusServices.Purpose, _channel, _buffer.WrittenMemory) > 0;
        }
        catch (StoreUnavailableException)
        {
            // The client may send these bytes yet.
            var written = _buffer.WrittenSpan;
            _buffer = new ArrayBufferWriter<byte>(written.Length);
            _buffer.Write(written);
            return false;
        }
    }

    private static TaskCompletionSource NewMove() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly record struct Item(long Number, string Topic, ReadOnlyMemory<byte> Payload, long AddedAt)
    {
        public int Bytes => Batch.BytesPerMessage + Topic.Length + Payload.Length;
    }
}

/// <summary>How far a node has got with another one's messages.</summary>
/// <param name="Stream">Whose numbers these are.</param>
/// <param name="Number">All up to it were processed, or told as missed.</param>
internal sealed record Progress(ulong Stream, long Number);
