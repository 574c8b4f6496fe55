using System.Buffers;

namespace Chat.Host.Transports.WebSocket;

/// <summary>What came next on a socket.</summary>
internal enum Received
{
    /// <summary>A whole text, of one or more frames.</summary>
    Text,

    /// <summary>A text over the limit, read through and dropped.</summary>
    TooLarge,

    /// <summary>A text that is not worth reading through; its rest is dropped by the calls that follow.</summary>
    FarTooLarge,

    /// <summary>A binary message; dropped likewise.</summary>
    Binary,

    /// <summary>What RFC 6455 allows no client to send. Only <see cref="FrameReader.DrainAsync"/> is left.</summary>
    Malformed,

    Ping,

    Pong,

    /// <summary>The client's close.</summary>
    Close,
}

/// <summary>
/// A WebSocket's client side, read (RFC 6455 §5). The runtime's own WebSocket fails a connection for text that is not UTF-8, and with a
/// reset that loses the reason; here such a text is a frame like any other, to be refused as one. While nothing comes no buffer is held: they
/// are rented when bytes arrive, grow with what has arrived, not with what is announced, and go back between messages. Used by one reader.
/// </summary>
internal sealed class FrameReader(Stream stream, int maxFrameBytes, int maxMessageBytes) : IDisposable
{
    private const int FirstBytes = 2048;

    // What has arrived and is not yet looked at: _input[_start.._end].
    private byte[] _input = [];
    private int _start;
    private int _end;

    // The message under way: its last frame, how much of that is yet to come, and the text put together so far.
    private FrameHeader _frame;
    private long _left;
    private uint _mask;
    private bool _inMessage;
    private bool _dropping;
    private long _total;
    private byte[] _text = [];
    private int _length;

    // The payload of the last ping or close; most connections never have one.
    private byte[] _control = [];

    // Written by the reader, read by whoever looks whether the client lives.
    private volatile int _reads;
    private volatile bool _waiting;

    /// <summary>Changes with everything that comes.</summary>
    public int Reads => _reads;

    /// <summary>Whether something that came would have been read.</summary>
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
            await ReadPayloadAsync(ct);
            if (_inMessage && _frame.Fin && EndMessage() is { } text)
                return text;

            await FillAsync(2, ct);
            if (FrameHeader.ClientBytes(_input[_start + 1]) is not { } headerBytes)
                return Received.Malformed;
            await FillAsync(headerBytes, ct);
            if (FrameHeader.Read(_input.AsSpan(_start, headerBytes)) is not { } header)
                return Received.Malformed;
            _start += headerBytes;

            if (header.IsControl)
                return await ReadControlAsync(header, ct);
            if (header.Opcode is Opcode.Continuation != _inMessage)
                return Received.Malformed;
            if (BeginFrame(header) is { } refused)
                return refused;
        }
    }

    /// <summary>Reads past whatever still comes, to the end of the stream.</summary>
    public async ValueTask DrainAsync(CancellationToken ct)
    {
        Release();
        _input = _input.Length > 0 ? _input : ArrayPool<byte>.Shared.Rent(FirstBytes);
        while (await stream.ReadAsync(_input.AsMemory(), ct) > 0)
        {
        }
    }

    /// <summary>Gives the text's buffer back, and the other one where nothing is left in it.</summary>
    public void Release()
    {
        Return(ref _text);
        _length = 0;
        if (_start == _end)
        {
            Return(ref _input);
            (_start, _end) = (0, 0);
        }
    }

    public void Dispose()
    {
        Return(ref _text);
        Return(ref _input);
        (_length, _start, _end) = (0, 0, 0);
    }

    private Received? BeginFrame(FrameHeader header)
    {
        (_frame, _left, _mask, _inMessage) = (header, header.Length, header.Mask, true);
        if (_dropping)
            return null;
        _dropping = header.Opcode is Opcode.Binary || header.Length > maxMessageBytes - _total;
        _total += _dropping ? 0 : header.Length;
        return !_dropping ? null : header.Opcode is Opcode.Binary ? Received.Binary : Received.FarTooLarge;
    }

    // Null for a message that was dropped, and said to be.
    private Received? EndMessage()
    {
        Received? received = _dropping ? null : _total > maxFrameBytes ? Received.TooLarge : Received.Text;
        (_inMessage, _dropping, _total) = (false, false, 0);
        return received;
    }

    private async ValueTask<Received> ReadControlAsync(FrameHeader header, CancellationToken ct)
    {
        var length = (int)header.Length;
        await FillAsync(length, ct);
        if (_control.Length != length)
            _control = length == 0 ? [] : new byte[length];
        FrameHeader.Unmask(_input.AsSpan(_start, length), _control, header.Mask);
        _start += length;
        return header.Opcode switch
        {
            Opcode.Ping => Received.Ping,
            Opcode.Pong => Received.Pong,
            _ => Received.Close,
        };
    }

    private async ValueTask ReadPayloadAsync(CancellationToken ct)
    {
        while (_left > 0)
        {
            if (_start == _end)
                await FillAsync(1, ct);
            var part = (int)Math.Min(_left, _end - _start);
            // What is over the limit by its frames' own word is not kept.
            if (!_dropping && _total <= maxFrameBytes)
            {
                Grow(ref _text, _length, _length + part);
                _mask = FrameHeader.Unmask(_input.AsSpan(_start, part), _text.AsSpan(_length), _mask);
                _length += part;
            }
            _start += part;
            _left -= part;
        }
    }

    /// <summary>Waits until so many bytes have arrived; for none, does nothing.</summary>
    private async ValueTask FillAsync(int bytes, CancellationToken ct)
    {
        while (_end - _start < bytes)
        {
            if (_start > 0)
            {
                _input.AsSpan(_start, _end - _start).CopyTo(_input);
                (_start, _end) = (0, _end - _start);
            }
            _waiting = true;
            if (_input.Length == 0)
                _end += await stream.ReadAsync(Memory<byte>.Empty, ct); // by none: a wait without a buffer
            Grow(ref _input, _end, FirstBytes);
            var read = await stream.ReadAsync(_input.AsMemory(_end), ct);
            _waiting = false;
            _reads++;
            if (read == 0)
                throw new EndOfStreamException("The client went without a close.");
            _end += read;
        }
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
