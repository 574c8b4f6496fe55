using System.Buffers.Binary;

namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>
/// Gathers requests' frames, in segments once v5 is agreed on, until the writer takes them all for one send.
/// Everything but <see cref="GiveBack"/>'s buffer is guarded by the connection's lock.
/// </summary>
internal sealed class FrameEncoder(bool compressed = false)
{
    // A segment is closed once it holds so much; a buffer is kept up to four of these.
    private const int FullSegment = 32 * 1024;
    private const int KeptBuffer = 128 * 1024;

    private readonly int _headerSize = compressed ? SegmentHeader.CompressedSize : SegmentHeader.PlainSize;
    private BodyWriter _writer = new();
    private BodyWriter? _spare;
    private int _segment = -1;

    /// <summary>See <see cref="FrameDecoder.Segmented"/>.</summary>
    public bool Segmented { get; set; }

    /// <exception cref="ArgumentException">The request cannot be written; nothing of it is left.</exception>
    public void Append(Request request, int stream, byte version)
    {
        var before = _writer.Length;
        var opened = Segmented && _segment < 0;
        if (opened)
        {
            _segment = before;
            _writer.Take(_headerSize);
        }
        var at = _writer.Length;
        try
        {
            WriteFrame(request, stream, version, at);
        }
        catch
        {
            _writer.CutTo(before);
            if (opened)
                _segment = -1;
            throw;
        }
        if (Segmented)
            CloseIfFull(at);
    }

    /// <summary>What was gathered, to be sent by one writer at a time and then given back; null when there is nothing.</summary>
    public BodyWriter? TakeWritten()
    {
        if (_writer.Length == 0)
            return null;
        if (_segment >= 0)
            CloseSegment();
        var written = _writer;
        _writer = Interlocked.Exchange(ref _spare, null) ?? new BodyWriter();
        return written;
    }

    public void GiveBack(BodyWriter sent)
    {
        sent.Clear(KeptBuffer);
        _spare = sent;
    }

    private void WriteFrame(Request request, int stream, byte version, int at)
    {
        _writer.Byte(version);
        _writer.Byte(0);
        _writer.Short(stream);
        _writer.Byte((byte)request.Opcode);
        _writer.Int(0);
        request.WriteBody(_writer, version);
        if (compressed && !Segmented && request.Opcode is not (Opcode.Startup or Opcode.Options))
            Lz4.DeflateBody(_writer, at);
        var length = _writer.Length - at - FrameHeader.Size;
        if (length > FrameHeader.MaxLength)
            throw new ArgumentException($"A request of {length} bytes is too large.", nameof(request));
        _writer.IntAt(at + 5, length);
    }

    private void CloseIfFull(int frame)
    {
        var payload = _writer.Length - _segment - _headerSize;
        if (payload < FullSegment)
            return;
        if (payload <= SegmentHeader.MaxPayload)
        {
            CloseSegment();
            return;
        }

        // Too large for the segment it was begun in: what was there before it is closed, and it gets its own.
        var large = _writer.WrittenSpan[frame..].ToArray();
        _writer.CutTo(frame);
        if (frame - _segment > _headerSize)
            CloseSegment();
        else
            _writer.CutTo(_segment);
        for (var from = 0; from < large.Length; from += SegmentHeader.MaxPayload)
        {
            _segment = _writer.Length;
            _writer.Take(_headerSize);
            _writer.Raw(large.AsSpan(from, Math.Min(SegmentHeader.MaxPayload, large.Length - from)));
            CloseSegment(selfContained: large.Length <= SegmentHeader.MaxPayload);
        }
    }

    private void CloseSegment(bool selfContained = true)
    {
        var at = _segment + _headerSize;
        var length = _writer.Length - at;
        var inflated = compressed && Lz4.TryDeflate(_writer, at) ? length : 0;
        var payload = _writer.WrittenSpan[at..];
        var checksum = Checksums.Crc32(payload);
        new SegmentHeader(payload.Length, inflated, selfContained, _headerSize).Write(_writer.WrittenSpan[_segment..]);
        BinaryPrimitives.WriteUInt32LittleEndian(_writer.Take(SegmentHeader.TrailerSize), checksum);
        _segment = -1;
    }
}
