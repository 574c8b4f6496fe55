using Chat.Modules.Media.Tests.Inspection;
using Chat.Modules.Media.Thumbnails;
using SkiaSharp;

namespace Chat.Modules.Media.Tests.Thumbnails;

/// <summary>With Debian's ffmpeg, where it is installed.</summary>
public sealed class FfmpegPostersTests
{
    private const string Ffmpeg = "/usr/bin/ffmpeg";

    [Theory]
    [InlineData("film.mp4", 64, 48)]
    [InlineData("turned.mov", 48, 64)]
    [InlineData("film.webm", 64, 48)]
    [InlineData("fragments.mp4", 64, 48)]
    public async Task A_video_has_a_poster(string name, int width, int height)
    {
        SkipWithoutFfmpeg();
        using var thumbnails = new ThumbnailsUnderTest(new ThumbnailOptions { Ffmpeg = Ffmpeg });
        var row = await thumbnails.AddAsync(Sample.Made(name));

        using var poster = SKBitmap.Decode(await thumbnails.ReadAsync(row, 160));

        Assert.Equal((width, height), (poster.Width, poster.Height));
    }

    [Fact]
    public async Task A_video_whose_header_does_not_tell_how_long_it_is_is_measured()
    {
        SkipWithoutFfmpeg();
        using var thumbnails = new ThumbnailsUnderTest(new ThumbnailOptions { Ffmpeg = Ffmpeg });
        var row = await thumbnails.AddAsync(Sample.Made("film.mp4")) with { DurationMs = null };
        await thumbnails.Catalogue.DescribeAsync(row, TestContext.Current.CancellationToken);

        Assert.NotNull(await thumbnails.ReadAsync(row, 160));

        Assert.Equal(2000, (await thumbnails.Catalogue.FindAsync(row.Id, TestContext.Current.CancellationToken))?.DurationMs);
    }

    [Fact]
    public async Task A_video_that_ffmpeg_cannot_read_has_none()
    {
        SkipWithoutFfmpeg();
        using var thumbnails = new ThumbnailsUnderTest(new ThumbnailOptions { Ffmpeg = Ffmpeg });
        var row = await thumbnails.AddAsync(Sample.Made("film.webm")) with { ContentType = "video/mp4" };

        Assert.Null(await thumbnails.ReadAsync(row, 160));
    }

    [Theory]
    [InlineData("exec tail -f /dev/null")]
    [InlineData("while :; do :; done")]
    [InlineData("cat /dev/zero")]
    [InlineData("echo x > \"$0.out\"")]
    public async Task A_process_that_goes_beyond_its_limits_is_ended(string script)
    {
        var path = await ScriptAsync(script);
        using var thumbnails = new ThumbnailsUnderTest(new ThumbnailOptions { Ffmpeg = path, FfmpegSeconds = 1 });
        var row = await thumbnails.AddAsync(Sample.Made("film.mp4"));

        Assert.Null(await thumbnails.ReadAsync(row, 160));

        Assert.Equal(0, File.Exists(path + ".out") ? new FileInfo(path + ".out").Length : 0);
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    [Fact]
    public async Task The_process_gets_none_of_the_servers_environment()
    {
        Environment.SetEnvironmentVariable("CHAT_TEST_SECRET", "secret");
        // A picture comes out only where the variable is not there.
        var path = await ScriptAsync("[ -z \"$CHAT_TEST_SECRET\" ] && /bin/cat \"$0.png\"");
        await File.WriteAllBytesAsync(path + ".png", Sample.Picture(SKEncodedImageFormat.Png), TestContext.Current.CancellationToken);
        using var thumbnails = new ThumbnailsUnderTest(new ThumbnailOptions { Ffmpeg = path });
        var row = await thumbnails.AddAsync(Sample.Made("film.mp4"));

        Assert.NotNull(await thumbnails.ReadAsync(row, 160));

        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    // In the place of ffmpeg.
    private static async Task<string> ScriptAsync(string script)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "no shell");
        var path = Path.Combine(Directory.CreateTempSubdirectory("chat-test-").FullName, "ffmpeg");
        await File.WriteAllTextAsync(path, $"#!/bin/sh\n{script}\n", TestContext.Current.CancellationToken);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return path;
    }

    private static void SkipWithoutFfmpeg() => Assert.SkipUnless(File.Exists(Ffmpeg), $"no ffmpeg: install Debian's ({Ffmpeg})");
}
