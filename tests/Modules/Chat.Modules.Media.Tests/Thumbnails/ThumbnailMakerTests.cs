using Chat.BuildingBlocks.Errors;
using Chat.Modules.Media.Tests.Inspection;
using Chat.Modules.Media.Thumbnails;
using SkiaSharp;

namespace Chat.Modules.Media.Tests.Thumbnails;

public sealed class ThumbnailMakerTests : IDisposable
{
    private readonly ThumbnailsUnderTest _thumbnails = new();

    [Theory]
    [InlineData(1, 160)]
    [InlineData(160, 160)]
    [InlineData(161, 320)]
    [InlineData(700, 900)]
    [InlineData(5000, 900)]
    public async Task The_next_larger_step_is_given_and_never_more_than_the_picture_has(int asked, int width)
    {
        var row = await _thumbnails.AddAsync(Sample.Picture(SKEncodedImageFormat.Jpeg, 900, 600));

        var thumbnail = Decode((await _thumbnails.ReadAsync(row, asked))!);

        Assert.Equal((width, (int)Math.Round(width / 1.5)), (thumbnail.Width, thumbnail.Height));
        Assert.Equal(SKEncodedImageFormat.Webp, thumbnail.Format);
    }

    [Theory]
    [InlineData(1, "left")]
    [InlineData(2, "right")]
    [InlineData(3, "right")]
    [InlineData(4, "left")]
    [InlineData(5, "top")]
    [InlineData(6, "top")]
    [InlineData(7, "bottom")]
    [InlineData(8, "bottom")]
    public async Task A_thumbnail_is_upright(int orientation, string red)
    {
        foreach (var file in new[] { Sample.JpegWithMetadata(orientation), Sample.PngWithMetadata(orientation), Sample.WebpWithMetadata(orientation) })
        {
            var row = await _thumbnails.AddAsync(file);

            using var bitmap = SKBitmap.Decode(await _thumbnails.ReadAsync(row, 160));

            Assert.Equal((row.Width, row.Height), (bitmap.Width, bitmap.Height));
            Assert.Equal(red, RedSideOf(bitmap));
        }
    }

    [Fact]
    public async Task Thumbnails_are_made_once()
    {
        var row = await _thumbnails.AddAsync(Sample.Picture(SKEncodedImageFormat.Png, 900, 600));
        var before = _thumbnails.Written.Count;

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => _thumbnails.ReadAsync(row, 320)));
        await _thumbnails.ReadAsync(row, 640);

        Assert.Equal(4, _thumbnails.Written.Count - before);
    }

    [Fact]
    public async Task A_picture_that_cannot_be_decoded_any_more_has_none_and_is_not_tried_again()
    {
        var row = await _thumbnails.AddAsync(Sample.Picture(SKEncodedImageFormat.Png, 300, 200));
        var broken = row with { BlobKey = "broken-1" };
        await _thumbnails.Store.WriteAsync(broken.BlobKey, new MemoryStream(Sample.Picture(SKEncodedImageFormat.Png)[..500]), TestContext.Current.CancellationToken);

        Assert.Null(await _thumbnails.ReadAsync(broken, 160));
        var writes = _thumbnails.Written.Count;
        Assert.Null(await _thumbnails.ReadAsync(broken, 160));

        Assert.Equal(writes, _thumbnails.Written.Count);
    }

    [Fact]
    public async Task A_file_that_is_no_picture_has_none()
    {
        var row = await _thumbnails.AddAsync("plain words"u8.ToArray());

        Assert.Null(await _thumbnails.ReadAsync(row, 160));
    }

    [Fact]
    public async Task Of_a_content_that_was_deleted_meanwhile_nothing_stays()
    {
        var row = await _thumbnails.AddAsync(Sample.Picture(SKEncodedImageFormat.Png, 300, 200));
        var held = new TaskCompletionSource();
        _thumbnails.Written.Before = held.Task;
        var making = _thumbnails.Maker.MakeAsync(row, TestContext.Current.CancellationToken);

        await _thumbnails.Store.DeleteAsync(row.BlobKey, TestContext.Current.CancellationToken);
        await _thumbnails.Store.DeleteThumbnailsAsync(row.BlobKey, TestContext.Current.CancellationToken);
        held.SetResult();
        await making;

        Assert.Equal(0, _thumbnails.Files);
    }

    [Fact]
    public async Task More_work_than_the_limit_is_refused()
    {
        using var busy = new ThumbnailsUnderTest(new ThumbnailOptions { MaxThumbnailWork = 1 });
        var (one, two) = (await busy.AddAsync(Sample.Picture(SKEncodedImageFormat.Png, 300, 200)), await busy.AddAsync(Sample.Picture(SKEncodedImageFormat.Png, 301, 200)));
        var held = new TaskCompletionSource();
        busy.Written.Before = held.Task;
        var making = busy.Maker.MakeAsync(one, TestContext.Current.CancellationToken);

        Assert.Equal(ErrorCodes.Unavailable, (await busy.Maker.OpenAsync(two, 160, TestContext.Current.CancellationToken)).Error?.Code);

        held.SetResult();
        Assert.Null(await making);
        Assert.NotNull(await busy.ReadAsync(two, 160));
    }

    [Fact]
    public async Task Without_ffmpeg_a_video_has_no_poster()
    {
        var row = await _thumbnails.AddAsync(Sample.Made("film.mp4"));

        Assert.Null(await _thumbnails.ReadAsync(row, 160));
    }

    public void Dispose() => _thumbnails.Dispose();

    private static (int Width, int Height, SKEncodedImageFormat Format) Decode(byte[] file)
    {
        using var codec = SKCodec.Create(new MemoryStream(file));
        return (codec.Info.Width, codec.Info.Height, codec.EncodedFormat);
    }

    private static string RedSideOf(SKBitmap bitmap)
    {
        var (w, h) = (bitmap.Width, bitmap.Height);
        bool IsRed(int x, int y) => bitmap.GetPixel(x, y) is { Red: > 150, Blue: < 150 };
        return (IsRed(w / 2, h / 8), IsRed(w / 2, h * 7 / 8), IsRed(w / 8, h / 2), IsRed(w * 7 / 8, h / 2)) switch
        {
            (true, false, _, _) => "top",
            (false, true, _, _) => "bottom",
            (_, _, true, false) => "left",
            (_, _, false, true) => "right",
            _ => "nowhere",
        };
    }
}
