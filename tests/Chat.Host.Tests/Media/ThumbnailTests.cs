using System.Net;
using Chat.Host.Tests.Running;
using SkiaSharp;

namespace Chat.Host.Tests.Media;

public sealed class ThumbnailTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_picture_has_thumbnails_for_whoever_may_read_it()
    {
        await using var host = new TestHost();
        using var alice = await MediaClient.RegisterAsync(host, "alice");
        using var bob = await MediaClient.RegisterAsync(host, "bob");

        var uploaded = (await alice.UploadAsync(Picture(600, 400))).Expect(HttpStatusCode.Created);
        var path = uploaded.Text("thumbnailUrl");

        Assert.Equal($"/v1/media/{uploaded.Text("mediaId")}/thumbnail", path);
        using var thumbnail = await alice.GetAsync($"{path}?w=200");
        Assert.Equal((HttpStatusCode.OK, "image/webp"), (thumbnail.StatusCode, thumbnail.Content.Headers.ContentType?.MediaType));
        using var bitmap = SKBitmap.Decode(await thumbnail.Content.ReadAsByteArrayAsync(Ct));
        Assert.Equal((320, 213), (bitmap.Width, bitmap.Height));
        using var again = await alice.GetAsync($"{path}?w=320", ("If-None-Match", thumbnail.Headers.ETag!.ToString()));
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
        (await alice.AskAsync(HttpMethod.Get, $"{path}?w=0")).ExpectProblem(HttpStatusCode.BadRequest, "bad_request");
        (await bob.AskAsync(HttpMethod.Get, path)).ExpectProblem(HttpStatusCode.NotFound, "not_found");
        (await host.GetAsync(path)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task What_is_no_picture_has_none()
    {
        await using var host = new TestHost();
        using var alice = await MediaClient.RegisterAsync(host, "alice");

        var uploaded = (await alice.UploadAsync("plain words"u8.ToArray())).Expect(HttpStatusCode.Created);

        Assert.DoesNotContain("thumbnailUrl", uploaded.Body, StringComparison.Ordinal);
        (await alice.AskAsync(HttpMethod.Get, $"/v1/media/{uploaded.Text("mediaId")}/thumbnail")).ExpectProblem(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task Thumbnails_go_with_their_picture()
    {
        await using var host = new TestHost();
        using var alice = await MediaClient.RegisterAsync(host, "alice");
        var id = await alice.UploadedAsync(Picture(300, 200));
        using (var thumbnail = await alice.GetAsync($"/v1/media/{id}/thumbnail"))
            Assert.Equal(HttpStatusCode.OK, thumbnail.StatusCode);
        var files = Path.Combine(host.Data, "media");
        Assert.Equal(3, Directory.GetFiles(files, "*", SearchOption.AllDirectories).Length);

        (await alice.AskAsync(HttpMethod.Delete, $"/v1/media/{id}")).Expect(HttpStatusCode.NoContent);

        Assert.Empty(Directory.GetFiles(files, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_picture_with_its_place_arrives_without_it_and_upright()
    {
        await using var host = new TestHost();
        using var alice = await MediaClient.RegisterAsync(host, "alice");
        var plain = Picture(300, 200, SKEncodedImageFormat.Jpeg);
        // The orientation is 6: the picture is to be turned right. The second directory is the place.
        byte[] exif =
        [
            .. "Exif\0\0MM\0*\0\0\0\u0008"u8, 0, 2, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0x88, 0x25, 0, 4, 0, 0, 0, 1, 0, 0, 0, 38, 0, 0, 0, 0,
            0, 1, 0, 1, 0, 2, 0, 0, 0, 2, (byte)'N', 0, 0, 0, 0, 0, 0, 0, .. "GPSLatitude"u8,
        ];

        var uploaded = (await alice.UploadAsync([.. plain[..2], 0xFF, 0xE1, 0, (byte)(exif.Length + 2), .. exif, .. plain[2..]])).Expect(HttpStatusCode.Created);

        Assert.Equal((200, 300), (uploaded.Json.GetProperty("width").GetInt32(), uploaded.Json.GetProperty("height").GetInt32()));
        var bytes = await alice.BytesAsync(uploaded.Text("mediaId"));
        Assert.Equal(bytes.Length, uploaded.Json.GetProperty("size").GetInt64());
        Assert.Equal(-1, bytes.AsSpan().IndexOf("GPSLatitude"u8));
        using var codec = SKCodec.Create(new MemoryStream(bytes));
        Assert.Equal(SKEncodedOrigin.RightTop, codec.EncodedOrigin);
        using var thumbnail = await alice.GetAsync($"{uploaded.Text("thumbnailUrl")}?w=160");
        using var bitmap = SKBitmap.Decode(await thumbnail.Content.ReadAsByteArrayAsync(Ct));
        Assert.Equal((160, 240), (bitmap.Width, bitmap.Height));
    }

    internal static byte[] Picture(int width, int height, SKEncodedImageFormat format = SKEncodedImageFormat.Png)
    {
        using var bitmap = new SKBitmap(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        bitmap.Erase(SKColors.CornflowerBlue);
        using var encoded = bitmap.Encode(format, 100);
        return encoded.ToArray();
    }
}
