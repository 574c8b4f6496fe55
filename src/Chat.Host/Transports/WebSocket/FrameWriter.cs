using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Chat.Modules.Delivery.Contracts;

namespace Chat.Host.Transports.WebSocket;

/// <summary>
/// A WebSocket's server side, written: Delivery's batches, the answers to pings, pings, one close. Each write is whole, and after the close
/// there is none.
/// </summary>
internal sealed class FrameWriter(Stream stream) : IDisposable
{
    private const int GatherBytes = 16 * 1024;

    private readonly SemaphoreSlim _turn = new(1);

    // Only the holder of the turn touches it.
    private bool _closed;

    /// <summary>Writes events in order, small ones gathered: one write of the transport for many frames.</summary>
    /// <exception cref="IOException">The connection is closed or broken.</exception>
    public async Task WriteAsync(IReadOnlyList<ServerEvent> events)
    {
        await TakeTurnAsync(CancellationToken.None);
        byte[]? gathered = null;
        try
        {
            var length = 0;
            for (var i = 0; i < events.Count; i++)
            {
                var frame = TextFrame.Of(events[i]);
                if (events.Count == 1 || frame.Length > GatherBytes)
                {
                    await WriteOutAsync(gathered, length);
                    length = 0;
                    await stream.WriteAsync(frame);
                    continue;
                }
                gathered ??= ArrayPool<byte>.Shared.Rent(GatherBytes);
                if (length + frame.Length > gathered.Length)
                {
                    await WriteOutAsync(gathered, length);
                    length = 0;
                }
                frame.CopyTo(gathered, length);
                length += frame.Length;
            }
            await WriteOutAsync(gathered, length);
        }
        finally
        {
            if (gathered is not null)
                ArrayPool<byte>.Shared.Return(gathered);
            _turn.Release();
        }
    }

    /// <summary>Writes a ping or a pong, at most 125 bytes.</summary>
    public async Task WriteControlAsync(Opcode opcode, ReadOnlyMemory<byte> payload, CancellationToken ct)
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

    /// <summary>Writes the last frame. Where there was a close already, does nothing.</summary>
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

    public void Dispose() => _turn.Dispose();

    private async ValueTask TakeTurnAsync(CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        if (!_closed)
            return;
        _turn.Release();
        throw new IOException("The connection is closed.");
    }

    private ValueTask WriteOutAsync(byte[]? gathered, int length) =>
        length == 0 ? ValueTask.CompletedTask : stream.WriteAsync(gathered.AsMemory(0, length));

    private ValueTask WriteFrameAsync(Opcode opcode, ReadOnlyMemory<byte> payload, CancellationToken ct)
    {
        var frame = new byte[2 + payload.Length];
        FrameHeader.Write(frame, opcode, payload.Length);
        payload.CopyTo(frame.AsMemory(2));
        return stream.WriteAsync(frame, ct);
    }
}
