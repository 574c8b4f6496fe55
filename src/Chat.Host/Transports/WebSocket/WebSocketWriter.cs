using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Text;
using Chat.Modules.Delivery.Contracts;

namespace Chat.Host.Transports.WebSocket;

/// <summary>
/// Writes what the server sends on a WebSocket: Delivery's batches, pings, pongs, and one close, after which nothing is written. Writes take
/// turns.
/// </summary>
internal sealed class WebSocketWriter(PipeWriter output) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);

    // Only the holder of the turn touches it.
    private bool _closed;

    /// <summary>Writes events in order: one write of the transport for many frames.</summary>
    /// <exception cref="IOException">The connection is closed or broken.</exception>
    public async ValueTask WriteAsync(IReadOnlyList<ServerEvent> events)
    {
        await TakeTurnAsync(CancellationToken.None);
        try
        {
            for (var i = 0; i < events.Count; i++)
                TextFrame.Write(events[i], output);
            await FlushAsync(CancellationToken.None);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Writes a ping or a pong, at most 125 bytes.</summary>
    public async ValueTask WriteControlAsync(Opcode opcode, ReadOnlyMemory<byte> payload, CancellationToken ct)
    {
        await TakeTurnAsync(ct);
        try
        {
            await WriteFrameAsync(opcode, payload, ct);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Writes the close. Does nothing the second time.</summary>
    public async Task CloseAsync(CloseCode code, string text, CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            if (_closed)
                return;
            _closed = true;
            var payload = new byte[2 + Encoding.UTF8.GetByteCount(text)];
            BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)code);
            Encoding.UTF8.GetBytes(text, payload.AsSpan(2));
            await WriteFrameAsync(Opcode.Close, payload, ct);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Waits for a write that has begun, and allows no other.</summary>
    public async ValueTask ShutAsync()
    {
        await _turn.WaitAsync();
        _closed = true;
        _turn.Release();
    }

    public void Dispose() => _turn.Dispose();

    private async ValueTask TakeTurnAsync(CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        if (!_closed)
            return;
        _turn.Release();
        throw new IOException("The connection is closed.");
    }

    private ValueTask WriteFrameAsync(Opcode opcode, ReadOnlyMemory<byte> payload, CancellationToken ct)
    {
        var frame = output.GetSpan(2 + payload.Length);
        FrameHeader.Write(frame, opcode, payload.Length);
        payload.Span.CopyTo(frame[2..]);
        output.Advance(2 + payload.Length);
        return FlushAsync(ct);
    }

    private async ValueTask FlushAsync(CancellationToken ct)
    {
        var flushed = await output.FlushAsync(ct);
        if (flushed.IsCompleted)
            throw new IOException("The connection has ended.");
    }
}
