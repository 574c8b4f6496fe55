using System.Buffers;
using System.IO.Pipelines;

namespace Chat.Host.Transports.WebSocket;

/// <summary>What came next on a socket.</summary>
internal enum Received
{
    /// <summary>A whole text, of one or more frames.</summary>
    Text,

    /// <summary>A text over the limit; it was read and dropped.</summary>
    TooLarge,

    /// <summary>A text so long that it is not read to its end: the connection is closed.</summary>
    FarTooLarge,

    /// <summary>A binary message; dropped as well.</summary>
    Binary,

    /// <summary>A frame that is not the last of its message.</summary>
    Fragment,

    /// <summary>Bytes that RFC 6455 does not allow. Only <see cref="WebSocketReader.DrainAsync"/> is left.</summary>
    Malformed,

    Ping,

    Pong,

    /// <summary>The client's close.</summary>
    Close,
}

/// <summary>
/// Reads what a client sends on a WebSocket (RFC 6455 §5). The runtime's own WebSocket resets a connection over text that is not UTF-8, and the
/// reason is lost; here such a text is a frame like any other and is refused as one. An idle connection holds no buffer: the buffer of a text is
/// rented when bytes arrive, grows with the bytes that came, not with the length announced, and is returned between messages. For one reader.
/// </summary>
internal sealed class WebSocketReader(PipeReader input, int maxFrameBytes, int maxMessageBytes) : IDisposable
{
    private const int FirstBytes = 2048;

    // The message being read: its last frame, how many bytes of that are still to come, and the text so far.
    private FrameHeader _frame;
    private long _left;
    private uint _mask;
    private bool _inMessage;
    private bool _dropping;
    private bool _isFragment;
    private long _total;
    private byte[] _text = [];
    private int _length;

    // The payload of the last ping, pong or close; most connections never have one.
    private byte[] _control = [];

    // Written by the reader, read by Liveness.
    private volatile int _reads;
    private volatile bool _waiting;

    /// <summary>Counts what came; it may wrap around.</summary>
    public int Reads => _reads;

    /// <summary>Whether it waits for bytes: then all that came has been read.</summary>
    public bool IsWaiting => _waiting;

    /// <summary>The text last received, until it is released or the next is waited for.</summary>
    public ReadOnlySpan<byte> Text => _text.AsSpan(0, _length);

    /// <summary>The payload of the ping last received.</summary>
    public ReadOnlyMemory<byte> Ping => _control;

    /// <exception cref="IOException">The connection has ended without a close.</exception>
    public async ValueTask<Received> NextAsync(CancellationToken ct)
    {
        if (!_inMessage)
            Release();
        while (true)
        {
            _waiting = true;
            var read = await input.ReadAsync(ct);
            _waiting = false;
            _reads++;
            var bytes = read.Buffer;
            var received = Take(ref bytes);
            // After malformed bytes nothing more is examined; a pipe does not allow less than was examined before.
            input.AdvanceTo(bytes.Start, received is null or Received.Malformed ? bytes.End : bytes.Start);
            if (received is { } whole)
                return whole;
            if (read.IsCompleted)
                throw new EndOfStreamException("The client went without a close.");
        }
    }

    /// <summary>Reads past whatever still comes, to the end of the stream.</summary>
    public async ValueTask DrainAsync(CancellationToken ct)
    {
        Release();
        for (var ended = false; !ended;)
        {
            var read = await input.ReadAsync(ct);
            ended = read.IsCompleted;
            input.AdvanceTo(read.Buffer.End);
        }
    }

    /// <summary>Gives the text's buffer back.</summary>
    public void Release()
    {
        Return(ref _text);
        _length = 0;
    }

    public void Dispose() => Release();

    // Consumes from the front; null while there is no whole message or control frame.
    private Received? Take(ref ReadOnlySequence<byte> bytes)
    {
        Span<byte> first = stackalloc byte[FrameHeader.MaxClientBytes];
        while (true)
        {
            TakePayload(ref bytes);
            if (_left > 0)
                return null;
            if (_inMessage && _frame.Fin && EndMessage() is { } text)
                return text;
            if (_isFragment)
            {
                _isFragment = false;
                return Received.Fragment;
            }

            var head = first[..(int)Math.Min(first.Length, bytes.Length)];
            bytes.Slice(0, head.Length).CopyTo(head);
            if (head.Length < 2)
                return null;
            if (FrameHeader.ClientBytes(head[1]) is not { } headerBytes)
                return Received.Malformed;
            if (head.Length < headerBytes)
                return null;
            if (FrameHeader.Read(head[..headerBytes]) is not { } header)
                return Received.Malformed;
            if (header.IsControl && bytes.Length < headerBytes + header.Length)
                return null;
            bytes = bytes.Slice(headerBytes);

            if (header.IsControl)
                return TakeControl(header, ref bytes);
            if (header.Opcode is Opcode.Continuation != _inMessage)
                return Received.Malformed;
            if (BeginFrame(header) is { } refused)
                return refused;
        }
    }

    private void TakePayload(ref ReadOnlySequence<byte> bytes)
    {
        var part = bytes.Slice(0, Math.Min(_left, bytes.Length));
        // A message whose announced length is over the limit is not kept.
        if (!_dropping && _total <= maxFrameBytes)
        {
            Grow(ref _text, _length, _length + (int)part.Length);
            foreach (var piece in part)
            {
                _mask = FrameHeader.Unmask(piece.Span, _text.AsSpan(_length), _mask);
                _length += piece.Length;
            }
        }
        _left -= part.Length;
        bytes = bytes.Slice(part.End);
    }

    private Received TakeControl(FrameHeader header, ref ReadOnlySequence<byte> bytes)
    {
        var payload = bytes.Slice(0, header.Length).ToArray();
        FrameHeader.Unmask(payload, payload, header.Mask);
        _control = payload;
        bytes = bytes.Slice(header.Length);
        return header.Opcode switch
        {
            Opcode.Ping => Received.Ping,
            Opcode.Pong => Received.Pong,
            _ => FrameHeader.IsClose(payload) ? Received.Close : Received.Malformed,
        };
    }

    private Received? BeginFrame(FrameHeader header)
    {
        (_frame, _left, _mask, _inMessage) = (header, header.Length, header.Mask, true);
        _isFragment = !header.Fin;
        if (_dropping)
            return null;
        _dropping = header.Opcode is Opcode.Binary || header.Length > maxMessageBytes - _total;
        _total += _dropping ? 0 : header.Length;
        return !_dropping ? null : header.Opcode is Opcode.Binary ? Received.Binary : Received.FarTooLarge;
    }

    // Null for a message that was dropped: that was reported at its beginning.
    private Received? EndMessage()
    {
        Received? received = _dropping ? null : _total > maxFrameBytes ? Received.TooLarge : Received.Text;
        (_inMessage, _dropping, _total) = (false, false, 0);
        return received;
    }

    private static void Grow(ref byte[] buffer, int used, int needed)
    {
        if (buffer.Length >= needed)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, Math.Max(FirstBytes, 2 * buffer.Length)));
        buffer.AsSpan(0, used).CopyTo(larger);
        Return(ref buffer);
        buffer = larger;
    }

    private static void Return(ref byte[] buffer)
    {
        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer);
        buffer = [];
    }
}
