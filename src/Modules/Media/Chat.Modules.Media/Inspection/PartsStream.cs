namespace Chat.Modules.Media.Inspection;

/// <summary>Reads the parts of a file one after the other.</summary>
internal sealed class PartsStream(IReadOnlyList<FilePart> parts, Stream file, long length) : Stream
{
    private int _part;
    private long _inPart;
    private long _position;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => length;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        if (!MoveToUnread() || buffer.IsEmpty)
            return 0;
        buffer = buffer[..(int)Math.Min(buffer.Length, parts[_part].Length - _inPart)];
        return Moved(parts[_part].IsInserted ? Copy(buffer) : file.Read(buffer));
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!MoveToUnread() || buffer.IsEmpty)
            return 0;
        buffer = buffer[..(int)Math.Min(buffer.Length, parts[_part].Length - _inPart)];
        return Moved(parts[_part].IsInserted ? Copy(buffer.Span) : await file.ReadAsync(buffer, cancellationToken));
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private bool MoveToUnread()
    {
        while (_part < parts.Count && _inPart == parts[_part].Length)
        {
            _part++;
            _inPart = 0;
        }
        if (_part == parts.Count)
            return false;
        if (!parts[_part].IsInserted && file.Position != parts[_part].Offset + _inPart)
            file.Position = parts[_part].Offset + _inPart;
        return true;
    }

    private int Copy(Span<byte> buffer)
    {
        parts[_part].Inserted.Span.Slice((int)_inPart, buffer.Length).CopyTo(buffer);
        return buffer.Length;
    }

    private int Moved(int bytes)
    {
        if (bytes == 0)
            throw new EndOfStreamException("The file is shorter than it was.");
        _inPart += bytes;
        _position += bytes;
        return bytes;
    }
}
