namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>Reading and writing: one loop each.</summary>
internal sealed partial class Connection
{
    private const int ReadBuffer = 32 * 1024;
    private static readonly byte[] VoidResult = [0, 0, 0, 1];

    private readonly Task _reading;
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
        Release(header.Stream)?.End(new Response(Outcome.Answered, header.Opcode, header.Flags, kept));
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
            }
        }
        if (flush)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return answered == Orphan ? null : answered;
    }

    private async Task ReadAsync()
    {
        using var buffer = new ReceiveBuffer(ReadBuffer);
        try
        {
            while (true)
            {
                var read = await _stream.ReadAsync(buffer.Free());
                if (read == 0)
                {
                    Close("the node closed it");
                    return;
                }
                _heard = true;
                buffer.Filled(read);
                buffer.Taken(_decoder.Consume(buffer.Filled()));
            }
        }
        catch (InvalidDataException e)
        {
            _settings.Log.GarbledAnswer(_settings.Node, e);
            Close("its answer made no sense: " + e.Message);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            Close(e.Message);
        }
    }

    // Runs while there is something to send: as long as one send takes, the next one's frames gather.
    private async Task FlushAsync()
    {
        try
        {
            while (true)
            {
                FrameWriter? ready;
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
