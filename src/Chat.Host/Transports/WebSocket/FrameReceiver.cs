using System.Buffers;
using System.Net.WebSockets;

namespace Chat.Host.Transports.WebSocket;

/// <summary>What came next on a socket.</summary>
internal enum Received
{
    Frame,

    /// <summary>A frame over the limit, read through and dropped.</summary>
    TooLarge,

    /// <summary>A frame that is not worth reading through.</summary>
    FarTooLarge,

    Binary,

    /// <summary>The client's close.</summary>
    Closed,
}

/// <summary>
/// Puts a socket's fragments together to whole frames. A socket on which nothing comes holds no buffer; one is rented when a frame begins,
/// grows with it, and goes back once the frame is read. Used by the connection's reader alone.
/// </summary>
internal sealed class FrameReceiver(System.Net.WebSockets.WebSocket socket, int maxFrameBytes, int maxMessageBytes) : IDisposable
{
    private const int FirstBufferBytes = 2048;

    private byte[] _buffer = [];
    private int _length;

    /// <summary>The frame last received, until the next call.</summary>
    public ReadOnlySpan<byte> Frame => _buffer.AsSpan(0, _length);

    /// <summary>Waits for the next frame. After <see cref="Received.FarTooLarge"/> and <see cref="Received.Binary"/> only <see cref="DrainAsync"/> is left.</summary>
    public async ValueTask<Received> NextAsync(CancellationToken ct)
    {
        Release();
        var part = await socket.ReceiveAsync(Memory<byte>.Empty, ct); // completes when a frame begins, and takes no byte of it
        if (part.MessageType == WebSocketMessageType.Binary)
            return Received.Binary;

        var total = 0;
        while (part.MessageType == WebSocketMessageType.Text && !part.EndOfMessage)
        {
            part = await socket.ReceiveAsync(Room(), ct);
            total += part.Count;
            if (total > maxMessageBytes)
                return Received.FarTooLarge;
            _length = Math.Min(total, _buffer.Length);
        }
        return part.MessageType == WebSocketMessageType.Close ? Received.Closed
            : total > maxFrameBytes ? Received.TooLarge
            : Received.Frame;
    }

    /// <summary>Reads past whatever still comes, to the client's close.</summary>
    public async ValueTask DrainAsync(CancellationToken ct)
    {
        Release();
        _buffer = ArrayPool<byte>.Shared.Rent(FirstBufferBytes);
        while (socket.State is WebSocketState.Open or WebSocketState.CloseSent)
            await socket.ReceiveAsync(_buffer.AsMemory(), ct);
    }

    /// <summary>Gives the frame's buffer back.</summary>
    public void Release()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, _length) = ([], 0);
    }

    public void Dispose() => Release();

    // Where the next part goes: behind the last one, or anywhere once the frame is too large to be kept.
    private Memory<byte> Room()
    {
        if (_length == _buffer.Length && _length < maxFrameBytes)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(FirstBufferBytes, 2 * _buffer.Length));
            _buffer.AsSpan(0, _length).CopyTo(larger);
            if (_buffer.Length > 0)
                ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
        return _length < _buffer.Length ? _buffer.AsMemory(_length) : _buffer;
    }
}
