using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>
/// Reading and writing. Whichever thread an arrival wakes cuts it into answers, has the next read begun, and then runs the callers' code one
/// after the other itself; what that sends goes out together at the end. So a batch of answers costs one wake-up and one send. Callers that
/// take long hold up only their own batch: the next arrival's thread takes over what still waits, and the sweep does if there is none.
/// With each caller woken on a thread of its own there were twice as many sends and futex calls (strace, 200 inserts in flight, two cores).
/// </summary>
internal sealed partial class Connection
{
    private const int ReadBuffer = 32 * 1024;
    private static readonly byte[] VoidResult = [0, 0, 0, 1];

    // Whose answers this thread is handing out, and whether it owes a flush afterwards.
    [ThreadStatic]
    private static Connection? _handingOut;

    [ThreadStatic]
    private static bool _owesFlush;

    private readonly ConcurrentQueue<Request> _ended = new();
    private readonly ReceiveBuffer _received = new(ReadBuffer);
    private readonly Action _onRead;
    private ConfiguredValueTaskAwaitable<int>.ConfiguredValueTaskAwaiter _read;
    private Task _writing = Task.CompletedTask;

    /// <inheritdoc/>
    void IThreadPoolWorkItem.Execute() => _writing = FlushAsync();

    /// <inheritdoc/>
    void IFrameSink.OnFrame(in FrameHeader header, ReadOnlySpan<byte> body)
    {
        if (header.Stream < 0)
        {
            if (header.Opcode == Opcode.Event)
                OnEvent?.Invoke(body.ToArray());
            return;
        }

        // From here on the server speaks in segments; it says nothing before the next request.
        if (Version >= ProtocolVersion.V5 && header.Opcode is Opcode.Ready or Opcode.Authenticate)
            _decoder.Segmented = true;

        // Most answers say no more than that a write is done.
        var kept = header.Opcode == Opcode.Result && body.SequenceEqual(VoidResult) ? VoidResult : body.ToArray();
        if (Release(header.Stream) is { } answered)
            End(answered, new Response(Outcome.Answered, header.Opcode, header.Flags, kept));
    }

    // Frees an answered request's stream, and sends with it what has waited longest. Null: nobody wants the answer any more.
    private Request? Release(int stream)
    {
        Request? answered;
        var flush = false;
        lock (_gate)
        {
            answered = stream < _streams.Length ? _streams[stream] : null;
            if (answered is null)
                return _closed ? null : throw new InvalidDataException($"An answer on stream {stream}, where nothing was asked.");
            _streams[stream] = null;
            _free[_freeCount++] = stream;
            if (answered == Orphan)
                _orphans--;
            while (_freeCount > 0 && _waiting.TryDequeue(out var next))
            {
                _settings.Metrics.Waits(-1);
                flush |= Write(next);
                if (next.Failure is not null)
                    _ended.Enqueue(next);
            }
        }
        if (flush)
            FlushSoon();
        return answered == Orphan ? null : answered;
    }

    private void End(Request request, in Response response)
    {
        request.Response = response;
        _ended.Enqueue(request);
    }

    // Runs the callers' code. Any thread may, several at once too.
    private void HandOut()
    {
        if (_ended.IsEmpty)
            return;
        var outer = (_handingOut, _owesFlush);
        (_handingOut, _owesFlush) = (this, false);
        try
        {
            var since = Environment.TickCount64;
            while (_ended.TryDequeue(out var request))
            {
                request.Complete();
                if (_owesFlush && Environment.TickCount64 != since)
                {
                    PayFlush();
                    since = Environment.TickCount64;
                }
            }
        }
        finally
        {
            PayFlush();
            (_handingOut, _owesFlush) = outer;
        }
    }

    private void PayFlush()
    {
        if (!_owesFlush)
            return;
        _owesFlush = false;
        _writing = FlushAsync();
    }

    private void FlushSoon()
    {
        if (_handingOut == this)
            _owesFlush = true;
        else
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    // Reads until there is nothing more for now; the read that is left pending calls here again, on another thread.
    private void Read()
    {
        try
        {
            do
            {
#pragma warning disable CA2012 // Its result is taken once, by whoever it calls
                _read = _stream.ReadAsync(_received.Free()).ConfigureAwait(false).GetAwaiter();
#pragma warning restore CA2012
            }
            while (_read.IsCompleted && TakeRead());
            // A copy: once it is told where to call, another thread may begin the next read.
            var pending = _read;
            if (IsOpen)
                pending.UnsafeOnCompleted(_onRead);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            Close(e.Message);
        }
        HandOut();
    }

    private void OnRead()
    {
        if (TakeRead())
            Read();
        else
            HandOut();
    }

    // False: there is nothing more to read.
    private bool TakeRead()
    {
        try
        {
            var count = _read.GetResult();
            if (count == 0)
            {
                Close("the node closed it");
                return false;
            }
            _heard = true;
            _received.Filled(count);
            _received.Taken(_decoder.Consume(_received.Filled()));
            return true;
        }
        catch (InvalidDataException e)
        {
            _settings.Log.MalformedAnswer(_settings.Node, e);
            Close("its answer made no sense: " + e.Message);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            Close(e.Message);
        }
        return false;
    }

    // Runs while there is something to send: as long as one send takes, the next one's frames gather.
    private async Task FlushAsync()
    {
        try
        {
            while (true)
            {
                BodyWriter? ready;
                lock (_gate)
                {
                    ready = _closed ? null : _encoder.TakeWritten();
                    if (ready is null)
                    {
                        _flushing = false;
                        return;
                    }
                }
                await _stream.WriteAsync(ready.Written);
                _encoder.GiveBack(ready);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            Close(e.Message);
        }
    }
}
