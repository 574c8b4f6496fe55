namespace Chat.Modules.Media.Inspection.Pictures;

/// <summary>Gathers what of a file is kept.</summary>
internal sealed class PartsList
{
    // No sound picture has more pieces between which something is left out.
    private const int MaxParts = 10_000;

    private readonly List<FilePart> _parts = [];

    public bool IsTooLong => _parts.Count > MaxParts;

    public void Keep(long offset, long length)
    {
        if (_parts.Count > 0 && _parts[^1] is { IsInserted: false } last && last.Offset + last.Length == offset)
            _parts[^1] = last with { Length = last.Length + length };
        else if (!IsTooLong)
            _parts.Add(new FilePart(offset, length, default));
    }

    public void Insert(byte[] bytes)
    {
        if (!IsTooLong)
            _parts.Add(new FilePart(bytes));
    }

    /// <summary>Null if that is the whole file.</summary>
    public FileParts? ToParts(long fileLength) =>
        _parts is [{ IsInserted: false, Offset: 0 } whole] && whole.Length == fileLength ? null : new FileParts(_parts);

    /// <summary>With other bytes where the file begins.</summary>
    public FileParts Behind(byte[] start) => new([new FilePart(start), .. _parts]);

    public long Length => _parts.Sum(part => part.Length);
}
