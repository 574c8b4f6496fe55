using Chat.Client.Tests.Fakes;

namespace Chat.Client.Tests.Media;

public sealed class ReadingTests
{
    [Fact]
    public async Task A_signed_address_is_remembered_while_it_holds_and_asked_for_once()
    {
        await using var rig = await Rig.OnlineAsync();
        var id = await UploadAsync(rig);
        var release = rig.Media.Hold();

        var both = Task.WhenAll(rig.Client.MediaUrlAsync(id), rig.Client.MediaUrlAsync(id));
        release();
        var urls = await both;

        Assert.StartsWith($"http://chat.test/v1/media/{id}?signature=", urls[0].OriginalString, StringComparison.Ordinal);
        Assert.Equal(urls[0], urls[1]);
        rig.Clock.Advance(TimeSpan.FromSeconds(830));
        Assert.Equal(urls[0], await rig.Client.MediaUrlAsync(id));
        rig.Clock.Advance(TimeSpan.FromSeconds(20));
        Assert.NotEqual(urls[0], await rig.Client.MediaUrlAsync(id));
        Assert.Equal(2, rig.Media.Of("GET").Length);
    }

    [Theory]
    [InlineData("/inside/v1/media/x?signature=1", "http://proxy/chat/v1/media/x?signature=1")]
    [InlineData("https://cdn.example.org/v1/y", "https://cdn.example.org/v1/y")]
    public void A_signed_address_is_one_of_the_server_s_as_the_client_reaches_it(string said, string expected)
    {
        using var api = new MediaApi(new Uri("http://proxy/chat/"), null, null!, TimeProvider.System);

        Assert.Equal(expected, api.Absolute(said).OriginalString);
    }

    [Fact]
    public async Task A_thumbnail_is_read_once_and_the_larger_one_serves_for_the_smaller()
    {
        await using var rig = await Rig.OnlineAsync();
        var id = await UploadAsync(rig);

        Assert.Equal("png"u8.ToArray(), (await rig.Client.ThumbnailAsync(id, 500)).ToArray());
        await Task.WhenAll(rig.Client.ThumbnailAsync(id, 640), rig.Client.ThumbnailAsync(id, 100));
        await rig.Client.ThumbnailAsync(id, 5_000);

        Assert.Equal([$"GET /v1/media/{id}/thumbnail?w=640", $"GET /v1/media/{id}/thumbnail?w=1280"], rig.Media.Of("GET"));
    }

    [Fact]
    public async Task A_file_is_read_once_and_not_remembered_for_the_next_session()
    {
        await using var rig = await Rig.OnlineAsync();
        var id = await UploadAsync(rig);
        using var copy = new MemoryStream();

        Assert.Equal("png"u8.ToArray(), (await rig.Client.DownloadAsync(id)).ToArray());
        Assert.Equal("png"u8.ToArray(), (await rig.Client.DownloadAsync(id)).ToArray());
        await rig.Client.DownloadAsync(id, copy);
        Assert.Equal("png"u8, copy.ToArray());
        Assert.Single(rig.Media.Of("GET"));

        await rig.Client.SignOutAsync();
        await rig.Client.SignInAsync(Rig.Me, "password");
        await rig.Client.DownloadAsync(id);
        Assert.Equal(2, rig.Media.Of("GET").Length);
    }

    [Fact]
    public async Task A_file_that_does_not_exist_says_so_and_is_asked_for_again()
    {
        await using var rig = await Rig.OnlineAsync();

        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<ChatException>(() => rig.Client.DownloadAsync("x"))).Code);
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<ChatException>(() => rig.Client.DownloadAsync("x"))).Code);
        Assert.Equal(2, rig.Media.Of("GET").Length);
    }

    [Fact]
    public void What_was_used_longest_ago_is_forgotten_by_weight_and_by_number()
    {
        var cache = new Bounded<string>(mostWeight: 10, mostValues: 3);
        cache.Set("a", "", 4);
        cache.Set("b", "", 4);
        Assert.True(cache.TryGet("a", out _));

        cache.Set("c", "", 4);
        Assert.Equal(["a", "c"], Kept());
        cache.Set("too heavy", "", 11);
        Assert.Equal(["a", "c"], Kept());

        cache.Set("a", "", 0);
        cache.Set("d", "", 0);
        cache.Set("e", "", 0);
        Assert.Equal(["a", "d", "e"], Kept());

        string[] Kept() => [.. "a,b,c,d,e,too heavy".Split(',').Where(key => cache.TryGet(key, out _))];
    }

    private static async Task<string> UploadAsync(Rig rig)
    {
        var media = await rig.Client.UploadAsync(new MemoryStream("png"u8.ToArray()), new UploadOptions { ContentType = "image/png" });
        return media.MediaId;
    }
}
