using System.ComponentModel.DataAnnotations;

namespace Chat.Modules.Media.Inspection;

/// <summary>Section <c>Media</c>: how pictures are read and kept.</summary>
internal sealed class PictureOptions
{
    /// <summary>Whether EXIF, GPS, XMP, comments and the like leave JPEG, PNG and WebP before they are stored. The picture is not encoded anew. Default true.</summary>
    public bool StripMetadata { get; init; } = true;

    /// <summary>Pixels of a picture that is decoded, for thumbnails and the blurhash; a larger one is stored and sent, but has neither. 1 000 to 250 000 000; default 50 000 000.</summary>
    [Range(1_000, 250_000_000)] public long MaxPicturePixels { get; init; } = 50_000_000;

    /// <summary>Bytes of a picture that is decoded; some decoders hold them in memory. 65 536 to 1 073 741 824; default 67 108 864 (64 MiB).</summary>
    [Range(65_536, 1_073_741_824)] public long MaxPictureBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Pictures decoded at the same time on one server; others wait. A decode takes up to 8 bytes a pixel. 1 to 64; default 2.</summary>
    [Range(1, 64)] public int Decodes { get; init; } = 2;

    /// <summary>Milliseconds in which a picture has to be decoded; after that its decoder gets no more bytes, and the picture is a plain file. 100 to 120 000; default 10 000.</summary>
    [Range(100, 120_000)] public int DecodeTimeoutMs { get; init; } = 10_000;
}
