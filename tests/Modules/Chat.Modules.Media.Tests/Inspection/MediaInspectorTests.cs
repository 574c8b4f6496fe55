using System.Text;
using Chat.Modules.Media.Inspection;
using SkiaSharp;

namespace Chat.Modules.Media.Tests.Inspection;

public sealed class MediaInspectorTests : IDisposable
{
    private readonly InspectorUnderTest _inspector = new();

    [Theory]
    [InlineData("film.mp4", "video/mp4", 64, 48, 2000)]
    [InlineData("fragments.mp4", "video/mp4", 64, 48, 2000)]
    [InlineData("turned.mov", "video/quicktime", 48, 64, 2000)]
    [InlineData("film.webm", "video/webm", 64, 48, 2008)]
    [InlineData("film.mkv", "video/x-matroska", 64, 48, 1000)]
    [InlineData("recorded.webm", "audio/webm", null, null, 1987)]
    [InlineData("opus.ogg", "audio/ogg", null, null, 2000)]
    [InlineData("vorbis.ogg", "audio/ogg", null, null, 2000)]
    [InlineData("constant.mp3", "audio/mpeg", null, null, 2088)]
    [InlineData("variable.mp3", "audio/mpeg", null, null, 2088)]
    [InlineData("sound.m4a", "audio/mp4", null, null, 2000)]
    [InlineData("sound.aac", "audio/aac", null, null, 2112)]
    [InlineData("sound.wav", "audio/wav", null, null, 1000)]
    [InlineData("sound.flac", "audio/flac", null, null, 2000)]
    [InlineData("picture.avif", "image/avif", 64, 48, null)]
    public async Task A_file_is_told_by_its_bytes(string name, string contentType, int? width, int? height, int? durationMs)
    {
        var inspected = await _inspector.InspectAsync(Sample.Made(name));

        Assert.Equal((contentType, width, height), (inspected.ContentType, inspected.Width, inspected.Height));
        Assert.Equal(durationMs is null, inspected.DurationMs is null);
        Assert.InRange(inspected.DurationMs ?? 0, (durationMs ?? 0) - 30, (durationMs ?? 0) + 30);
        Assert.Null(inspected.Stripped);
    }

    [Theory]
    [InlineData("moving.gif", "image/gif")]
    [InlineData("moving.webp", "image/webp")]
    public async Task Of_a_moving_picture_the_first_frame_is_read(string name, string contentType)
    {
        var inspected = await _inspector.InspectAsync(Sample.Made(name));

        Assert.Equal((contentType, 64, 48, true), (inspected.ContentType, inspected.Width, inspected.Height, inspected.CanHaveThumbnail));
        Assert.NotNull(inspected.Blurhash);
    }

    [Theory]
    [InlineData("%PDF-1.7\n", "application/pdf")]
    [InlineData("PK\u0003\u0004", "application/zip")]
    [InlineData("<svg xmlns='http://www.w3.org/2000/svg'/>", "application/octet-stream")]
    [InlineData("<!doctype html><script>alert(1)</script>", "application/octet-stream")]
    [InlineData("<?xml version='1.0'?>", "application/octet-stream")]
    [InlineData("plain words", "application/octet-stream")]
    [InlineData("GIF89a = '<script>'", "application/octet-stream")]
    [InlineData("", "application/octet-stream")]
    public async Task A_file_of_another_kind_is_passed_on_as_it_is(string content, string contentType)
    {
        var inspected = await _inspector.InspectAsync(Encoding.Latin1.GetBytes(content));

        Assert.Equal(new Inspected(contentType), inspected);
    }

    [Theory]
    [InlineData(1, 96, 64)]
    [InlineData(3, 96, 64)]
    [InlineData(6, 64, 96)]
    [InlineData(8, 64, 96)]
    public async Task A_picture_is_measured_as_it_is_shown(int orientation, int width, int height)
    {
        foreach (var file in new[] { Sample.JpegWithMetadata(orientation), Sample.PngWithMetadata(orientation), Sample.WebpWithMetadata(orientation) })
        {
            var inspected = await _inspector.InspectAsync(file);

            Assert.Equal((width, height, true), (inspected.Width, inspected.Height, inspected.CanHaveThumbnail));
        }
    }

    [Fact]
    public async Task A_picture_that_is_not_whole_is_a_plain_file()
    {
        foreach (var file in new[] { Sample.Picture(SKEncodedImageFormat.Jpeg), Sample.Picture(SKEncodedImageFormat.Png), Sample.Picture(SKEncodedImageFormat.Webp), Sample.Made("moving.gif") })
        {
            foreach (var cut in new[] { 1, 2, file.Length / 3, file.Length / 2, file.Length - 20 })
                Assert.Equal(new Inspected(Inspected.PlainFile), await _inspector.InspectAsync(file[..^cut]));
        }
    }

    [Fact]
    public async Task A_picture_with_broken_data_is_a_plain_file()
    {
        var png = Sample.Picture(SKEncodedImageFormat.Png);
        png[png.Length / 2] ^= 0x55;

        Assert.Equal(new Inspected(Inspected.PlainFile), await _inspector.InspectAsync(png));
    }

    [Fact]
    public async Task A_picture_beyond_the_limit_is_measured_and_not_decoded()
    {
        using var small = new InspectorUnderTest(new PictureOptions { MaxPicturePixels = 96 * 64 - 1 });

        var inspected = await small.InspectAsync(Sample.JpegWithMetadata(6));

        Assert.Equal(("image/jpeg", 64, 96, false, null), (inspected.ContentType, inspected.Width, inspected.Height, inspected.CanHaveThumbnail, inspected.Blurhash));
        Assert.NotNull(inspected.Stripped);
    }

    [Fact]
    public async Task Metadata_stays_where_the_operator_wants_it()
    {
        using var keeping = new InspectorUnderTest(new PictureOptions { StripMetadata = false });

        Assert.Null((await keeping.InspectAsync(Sample.JpegWithMetadata(6))).Stripped);
    }

    public void Dispose() => _inspector.Dispose();
}
