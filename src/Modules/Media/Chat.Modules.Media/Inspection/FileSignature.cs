namespace Chat.Modules.Media.Inspection;

/// <summary>What the first bytes say that a file is.</summary>
internal enum FileKind
{
    Other,
    Jpeg,
    Png,
    Webp,
    Gif,
    IsoMedia,
    Matroska,
    Ogg,
    Wave,
    Flac,
    MpegAudio,
}

/// <summary>The bytes by which files are told apart. Text is none of them: HTML, SVG and XML are plain files.</summary>
internal static class FileSignature
{
    /// <summary>Of the kinds that are looked into.</summary>
    public static FileKind KindOf(ReadOnlySpan<byte> start) =>
        start.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]) ? FileKind.Jpeg
        : start.StartsWith((ReadOnlySpan<byte>)[0x89, .. "PNG\r\n\u001A\n"u8]) ? FileKind.Png
        : start.StartsWith("GIF87a"u8) || start.StartsWith("GIF89a"u8) ? FileKind.Gif
        : IsRiff(start, "WEBP"u8) ? FileKind.Webp
        : IsRiff(start, "WAVE"u8) ? FileKind.Wave
        : At(start, 4, "ftyp"u8) || At(start, 4, "moov"u8) || At(start, 4, "wide"u8) || At(start, 4, "mdat"u8) ? FileKind.IsoMedia
        : start.StartsWith((ReadOnlySpan<byte>)[0x1A, 0x45, 0xDF, 0xA3]) ? FileKind.Matroska
        : start.StartsWith("OggS"u8) ? FileKind.Ogg
        : start.StartsWith("fLaC"u8) ? FileKind.Flac
        : start.StartsWith("ID3"u8) || (start.Length > 1 && start[0] == 0xFF && (start[1] & 0xE0) == 0xE0) ? FileKind.MpegAudio
        : FileKind.Other;

    /// <summary>Of files that are passed on as they are; of those that nobody knows it is that of a plain file.</summary>
    public static string ContentTypeOf(ReadOnlySpan<byte> start) =>
        start.StartsWith("%PDF-"u8) ? "application/pdf"
        : start.StartsWith("PK\u0003\u0004"u8) || start.StartsWith("PK\u0005\u0006"u8) ? "application/zip"
        : start.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B, 0x08]) ? "application/gzip"
        : start.StartsWith((ReadOnlySpan<byte>)[.. "7z"u8, 0xBC, 0xAF, 0x27, 0x1C]) ? "application/x-7z-compressed"
        : start.StartsWith("Rar!\u001A\u0007"u8) ? "application/vnd.rar"
        : Inspected.PlainFile;

    private static bool IsRiff(ReadOnlySpan<byte> start, ReadOnlySpan<byte> form) => start.StartsWith("RIFF"u8) && At(start, 8, form);

    private static bool At(ReadOnlySpan<byte> start, int offset, ReadOnlySpan<byte> bytes) => start.Length >= offset && start[offset..].StartsWith(bytes);
}
