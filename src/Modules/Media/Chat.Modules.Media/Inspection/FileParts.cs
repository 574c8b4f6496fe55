namespace Chat.Modules.Media.Inspection;

/// <summary>A part of a copy: a range of the file, or bytes that the file does not have.</summary>
/// <param name="Offset">In the file; 0 for inserted bytes.</param>
internal readonly record struct FilePart(long Offset, long Length, ReadOnlyMemory<byte> Inserted)
{
    public FilePart(ReadOnlyMemory<byte> inserted) : this(0, inserted.Length, inserted)
    {
    }

    public bool IsInserted => Inserted.Length > 0;
}

/// <summary>The parts of a file's copy, in their order.</summary>
internal sealed class FileParts(IReadOnlyList<FilePart> parts)
{
    /// <summary>Bytes of the copy.</summary>
    public long Length { get; } = parts.Sum(part => part.Length);

    public IReadOnlyList<FilePart> Parts => parts;

    /// <summary>The copy's bytes, from the first to the last. The file is not closed with it, and must not be used meanwhile.</summary>
    public Stream Open(Stream file) => new PartsStream(parts, file, Length);
}
