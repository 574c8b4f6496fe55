using SkiaSharp;

namespace Chat.Modules.Media.Tests.Inspection;

public sealed class StrippingTests : IDisposable
{
    private static readonly string[] Kinds = ["jpeg", "png", "webp", "lossless webp"];

    private readonly InspectorUnderTest _inspector = new();

    public static TheoryData<string, int> Pictures() =>
        [.. from kind in Kinds from orientation in Enumerable.Range(1, 8) select (kind, orientation)];

    [Theory]
    [MemberData(nameof(Pictures))]
    public async Task A_stripped_picture_has_the_same_pixels_the_same_way_up_and_nothing_else(string kind, int orientation)
    {
        var file = kind switch
        {
            "jpeg" => Sample.JpegWithMetadata(orientation),
            "png" => Sample.PngWithMetadata(orientation),
            "webp" => Sample.WebpWithMetadata(orientation),
            _ => Sample.WebpWithMetadata(orientation, 100),
        };
        Assert.True(file.AsSpan().IndexOf("GPSLatitude"u8) > 0);

        var inspected = await _inspector.InspectAsync(file);
        var stripped = Sample.Copy(inspected.Stripped!, file);
        var again = await _inspector.InspectAsync(stripped);

        Assert.Equal(-1, stripped.AsSpan().IndexOf("GPSLatitude"u8));
        Assert.Equal(Pixels(file), Pixels(stripped));
        Assert.Equal(inspected with { Stripped = null }, again);
        Assert.Equal(orientation, OrientationOf(stripped));
    }

    [Fact]
    public async Task A_picture_without_metadata_stays_as_it_is()
    {
        foreach (var format in new[] { SKEncodedImageFormat.Jpeg, SKEncodedImageFormat.Png, SKEncodedImageFormat.Webp })
            Assert.Null((await _inspector.InspectAsync(Sample.Picture(format))).Stripped);
    }

    [Fact]
    public async Task What_a_display_needs_is_kept()
    {
        var png = Sample.PngWithMetadata(1);

        var stripped = Sample.Copy((await _inspector.InspectAsync(png)).Stripped!, png);

        Assert.True(stripped.AsSpan().IndexOf("gAMA"u8) > 0);
        Assert.Equal(-1, stripped.AsSpan().IndexOf("prVt"u8));
    }

    // It shows what was cut away since.
    [Fact]
    public async Task The_small_picture_in_a_JFIF_header_goes()
    {
        var plain = Sample.Picture(SKEncodedImageFormat.Jpeg);
        Assert.True(plain.AsSpan(6).StartsWith("JFIF\0"u8));
        byte[] file = [.. plain[..4], 0, 16 + 2 * 2 * 3, .. plain[6..18], 2, 2, .. "GPSLatitude."u8, .. plain[20..]];

        var stripped = Sample.Copy((await _inspector.InspectAsync(file)).Stripped!, file);

        Assert.Equal(plain, stripped);
        Assert.Null((await _inspector.InspectAsync(stripped)).Stripped);
    }

    [Fact]
    public async Task The_copy_is_read_in_pieces_of_any_size()
    {
        var file = Sample.JpegWithMetadata(6);
        var parts = (await _inspector.InspectAsync(file)).Stripped!;
        var whole = Sample.Copy(parts, file);

        foreach (var size in new[] { 1, 7, 100 })
        {
            await using var copy = parts.Open(new MemoryStream(file, writable: false));
            using var read = new MemoryStream();
            var piece = new byte[size];
            while (await copy.ReadAsync(piece, TestContext.Current.CancellationToken) is > 0 and var bytes)
                read.Write(piece, 0, bytes);
            Assert.Equal(whole, read.ToArray());
        }
    }

    public void Dispose() => _inspector.Dispose();

    private static byte[] Pixels(byte[] file)
    {
        using var bitmap = SKBitmap.Decode(file);
        return bitmap.Bytes;
    }

    // As another reader sees it; that one does not know PNG's.
    private static int OrientationOf(byte[] file)
    {
        if (file.AsSpan().IndexOf("eXIf"u8) is > 0 and var at)
        {
            Assert.Equal(Sample.Chunk("eXIf", [.. "MM\0*\0\0\0\u0008\0\u0001\u0001\u0012\0\u0003\0\0\0\u0001\0"u8, file[at + 23], 0, 0, 0, 0, 0, 0]), file[(at - 4)..(at + 34)]);
            return file[at + 23];
        }
        using var codec = SKCodec.Create(new MemoryStream(file));
        return (int)codec.EncodedOrigin;
    }
}
