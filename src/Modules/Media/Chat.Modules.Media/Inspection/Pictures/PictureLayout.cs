namespace Chat.Modules.Media.Inspection.Pictures;

/// <summary>A picture whose file is whole, as far as its structure tells.</summary>
/// <param name="Width">Pixels as stored; 1 or more.</param>
/// <param name="Height">As the width.</param>
/// <param name="Stripped">The file without metadata; null if it has none.</param>
internal sealed record PictureLayout(string ContentType, int Width, int Height, Orientation Orientation, FileParts? Stripped)
{
    public int ShownWidth => Orientation.SwapsSides ? Height : Width;

    public int ShownHeight => Orientation.SwapsSides ? Width : Height;

    public long Pixels => (long)Width * Height;

    /// <summary>What decoding it takes of memory, a pixel, at most.</summary>
    public int BytesPerPixel { get; init; } = UsualBytesPerPixel;

    /// <summary>Of a progressive JPEG; others take less, but for some PNG.</summary>
    public const int UsualBytesPerPixel = 8;

    /// <inheritdoc cref="Read(FileReader, FileKind)"/>
    public static PictureLayout? Read(Stream file, CancellationToken ct)
    {
        var reader = new FileReader(file, ct);
        return Read(reader, FileSignature.KindOf(reader.ReadSome(0)));
    }

    /// <returns>Null if the file is no picture, or not whole.</returns>
    public static PictureLayout? Read(FileReader file, FileKind kind) => kind switch
    {
        FileKind.Jpeg => JpegLayout.Read(file),
        FileKind.Png => PngLayout.Read(file),
        FileKind.Webp => WebpLayout.Read(file),
        FileKind.Gif => GifLayout.Read(file),
        _ => null,
    };
}
