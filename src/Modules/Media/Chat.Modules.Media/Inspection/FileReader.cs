namespace Chat.Modules.Media.Inspection;

/// <summary>Reads a file in pieces, mostly forwards. One window of it is in memory.</summary>
/// <remarks>A file in which one has to jump about, or to read the same again, more than any sound file asks for looks as if it ended there.</remarks>
internal sealed class FileReader(Stream file, CancellationToken ct)
{
    private const int WindowBytes = 64 * 1024;
    private const int BytesAfterJump = 4 * 1024;
    private const int MaxJumps = 100_000;
    private const int MaxPasses = 4;

    private readonly byte[] _window = new byte[WindowBytes];
    private long _start;
    private int _length;
    private int _jumps;
    private long _bytes;

    public long Length { get; } = file.Length;

    /// <summary>The bytes at the offset, until the next read.</summary>
    /// <param name="count">1 to 65 536.</param>
    /// <returns>False if the file has fewer.</returns>
    public bool TryRead(long offset, int count, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (offset < 0 || offset > Length - count)
            return false;
        if ((offset < _start || offset + count > _start + _length) && !Fill(offset, count))
            return false;
        bytes = _window.AsSpan((int)(offset - _start), count);
        return true;
    }

    /// <summary>Some bytes from the offset on, at least one, until the next read; none at the end.</summary>
    public ReadOnlySpan<byte> ReadSome(long offset)
    {
        if (offset < 0 || offset >= Length)
            return [];
        if ((offset < _start || offset >= _start + _length) && !Fill(offset, 1))
            return [];
        return _window.AsSpan((int)(offset - _start), (int)(_start + _length - offset));
    }

    private bool Fill(long offset, int count)
    {
        ct.ThrowIfCancellationRequested();
        var isNext = offset >= _start && offset <= _start + _length;
        if (!isNext && ++_jumps > MaxJumps)
            return false;
        file.Position = offset;
        _start = offset;
        _length = file.ReadAtLeast(_window.AsSpan(0, isNext ? WindowBytes : Math.Max(count, BytesAfterJump)), count, throwOnEndOfStream: false);
        _bytes += _length;
        return _length >= count && _bytes <= MaxPasses * Length + WindowBytes;
    }
}
