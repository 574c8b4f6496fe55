using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Chat.Host.Tests.Running;
using Chat.Modules.Media.Contracts;
using Chat.Testing;
using MediatR;

namespace Chat.Host.Tests.Media;

/// <summary>A real disk that is full: uploads are refused by name and leave nothing, all else goes on, and so do uploads when there is room again.</summary>
public sealed class FullDiskTests : IDisposable
{
    private const int Megabyte = 1024 * 1024;

    private readonly SmallDisk _disk = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("raw")]
    [InlineData("chunked")]
    [InlineData("multipart")]
    public async Task An_upload_for_which_the_disk_has_no_room_is_refused_and_leaves_nothing(string kind)
    {
        Assert.SkipUnless(_disk.TryMount(8), SmallDisk.Missing);
        await using var host = new TestHost(("RateLimits:Enabled", "false"), ("Media:Folder", Folder), ("Media:MinFreeBytes", "0"));
        using var alice = await MediaClient.RegisterAsync(host, "alice");
        var small = Bytes(Megabyte);
        var first = await alice.UploadedAsync(small);

        var refusal = (await UploadAsync(alice, kind, Bytes(9 * Megabyte))).ExpectProblem(HttpStatusCode.ServiceUnavailable, "unavailable");

        Assert.NotNull(refusal.Header("Retry-After"));
        Assert.Equal([Megabyte], Sizes());
        Assert.Equal(Megabyte, await alice.UsageAsync());
        (await alice.PostAsync("/v1/messages", new { to = "@bob", clientMsgId = "1", mediaIds = new[] { first } })).Expect(HttpStatusCode.Created);
        Assert.Equal(small, await alice.BytesAsync(first));
        (await UploadAsync(alice, kind, Bytes(2 * Megabyte))).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_full_disk_takes_not_one_byte_and_goes_on_when_it_has_room()
    {
        Assert.SkipUnless(_disk.TryMount(8), SmallDisk.Missing);
        await using var host = new TestHost(("RateLimits:Enabled", "false"), ("Media:Folder", Folder), ("Media:MinFreeBytes", "0"));
        using var alice = await MediaClient.RegisterAsync(host, "alice");
        _disk.Fill();

        foreach (var kind in new[] { "raw", "chunked", "multipart" })
            (await UploadAsync(alice, kind, Bytes(5_000))).ExpectProblem(HttpStatusCode.ServiceUnavailable, "unavailable");
        Assert.Empty(Sizes());
        Assert.Equal(0, await alice.UsageAsync());
        (await alice.PostAsync("/v1/messages", new { to = "@bob", text = "still here", clientMsgId = "1" })).Expect(HttpStatusCode.Created);

        _disk.MakeRoom();
        foreach (var kind in new[] { "raw", "chunked", "multipart" })
            (await UploadAsync(alice, kind, Bytes(5_000))).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_resumable_upload_keeps_what_counts_and_goes_on_when_there_is_room()
    {
        Assert.SkipUnless(_disk.TryMount(12), SmallDisk.Missing);
        await using var host = new TestHost(("RateLimits:Enabled", "false"), ("Media:Folder", Folder), ("Media:MinFreeBytes", "0"));
        using var alice = await MediaClient.RegisterAsync(host, "alice");
        var bytes = Bytes(11 * Megabyte);
        using var created = await TusAsync(alice, HttpMethod.Post, new Uri("/v1/media/tus", UriKind.Relative), null, ("Upload-Length", $"{bytes.Length}"));
        var upload = created.Headers.Location!;
        using var first = await AppendAsync(alice, upload, bytes, 0, Megabyte);
        Assert.Equal(HttpStatusCode.NoContent, first.StatusCode);
        _disk.Fill();
        using var refused = await AppendAsync(alice, upload, bytes, Megabyte, 2 * Megabyte);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Contains("\"code\":\"unavailable\"", await refused.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
        // The room ends in the middle of a body.
        _disk.MakeRoom();
        var filler = await alice.UploadedAsync(Bytes(6 * Megabyte));

        using var torn = await AppendAsync(alice, upload, bytes, Megabyte, bytes.Length);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, torn.StatusCode);
        var offset = await OffsetAsync(alice, upload);
        Assert.Equal([offset, 6L * Megabyte], Sizes());

        (await alice.AskAsync(HttpMethod.Delete, $"/v1/media/{filler}")).Expect(HttpStatusCode.NoContent);
        using var last = await AppendAsync(alice, upload, bytes, (int)offset, bytes.Length);
        Assert.Equal(HttpStatusCode.NoContent, last.StatusCode);
        Assert.Equal(bytes, await alice.BytesAsync(upload.Segments[^1]));
    }

    [Fact]
    public async Task Messages_go_on_where_files_have_taken_all_room_that_they_may()
    {
        Assert.SkipUnless(_disk.TryMount(256), SmallDisk.Missing);
        await using var host = new TestHost(
            ("RateLimits:Enabled", "false"), ("Storage:DataDirectory", Path.Combine(_disk.Path, "data")), ("Media:MinFreeBytes", $"{128 * Megabyte}"));
        using var alice = await MediaClient.RegisterAsync(host, "alice");
        Answer answer;
        var taken = 0;
        do
        {
            answer = await alice.UploadAsync(Bytes(16 * Megabyte + taken++));
        }
        while (answer.Status == HttpStatusCode.Created);

        answer.ExpectProblem(HttpStatusCode.ServiceUnavailable, "unavailable");
        Assert.True(new DriveInfo(_disk.Path).AvailableFreeSpace >= 127 * Megabyte);
        var text = new string('x', 16_000);
        for (var i = 0; i < 100; i++)
            (await alice.PostAsync("/v1/messages", new { to = "@bob", text, clientMsgId = $"{i}" })).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_catalogue_without_room_refuses_uploads_and_leaves_nothing_for_good()
    {
        Assert.SkipUnless(_disk.TryMount(256), SmallDisk.Missing);
        var files = Directory.CreateTempSubdirectory("chat-test-").FullName;
        try
        {
            await using var host = new TestHost(("RateLimits:Enabled", "false"), ("Storage:DataDirectory", Path.Combine(_disk.Path, "data")), ("Media:Folder", files), ("Media:CollectPauseMs", "0"));
            using var alice = await MediaClient.RegisterAsync(host, "alice");
            _disk.Fill();
            var stored = new List<(string Id, byte[] Bytes)>();
            Answer answer;
            while (true)
            {
                var bytes = Bytes(5_000 + stored.Count);
                answer = await alice.UploadAsync(bytes, ("Idempotency-Key", $"{stored.Count}"));
                if (answer.Status != HttpStatusCode.Created)
                    break;
                stored.Add((answer.Text("mediaId"), bytes));
            }
            answer.ExpectProblem(HttpStatusCode.ServiceUnavailable, "unavailable");
            using var created = await TusAsync(alice, HttpMethod.Post, new Uri("/v1/media/tus", UriKind.Relative), null, ("Upload-Length", "10"));
            Assert.Equal(HttpStatusCode.ServiceUnavailable, created.StatusCode);
            foreach (var (id, bytes) in stored)
                Assert.Equal(bytes, await alice.BytesAsync(id));

            _disk.MakeRoom();
            var more = Bytes(5_000 + stored.Count);
            stored.Add(((await alice.UploadAsync(more, ("Idempotency-Key", $"{stored.Count}"))).Expect(HttpStatusCode.Created).Text("mediaId"), more));
            foreach (var (id, bytes) in stored)
                Assert.Equal(bytes, await alice.BytesAsync(id));
            host.Clock.Advance(TimeSpan.FromHours(25));
            await (await host.ServiceAsync<IMediator>()).Send(new CollectMedia(), Ct);
            Assert.Empty(Directory.EnumerateFiles(files, "*", SearchOption.AllDirectories));
        }
        finally
        {
            Directory.Delete(files, recursive: true);
        }
    }

    public void Dispose() => _disk.Dispose();

    private string Folder => Path.Combine(_disk.Path, "media");

    // Of all files of the store, finished or not.
    private List<long> Sizes() =>
        [.. Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Select(path => new FileInfo(path).Length).Order()];

    private static async Task<Answer> UploadAsync(MediaClient user, string kind, byte[] bytes)
    {
        switch (kind)
        {
            case "multipart":
                using (var form = new MultipartFormDataContent { { new ByteArrayContent(bytes), "file", "a.bin" } })
                    return await user.UploadAsync(form);
            case "chunked":
                using (var chunked = new StreamContent(new MemoryStream(bytes)))
                {
                    chunked.Headers.ContentLength = null;
                    return await user.UploadAsync(chunked, ("Transfer-Encoding", "chunked"));
                }
            default:
                return await user.UploadAsync(bytes);
        }
    }

    private static async Task<long> OffsetAsync(MediaClient user, Uri upload)
    {
        using var head = await TusAsync(user, HttpMethod.Head, upload, null);
        return long.Parse(Assert.Single(head.Headers.GetValues("Upload-Offset")), CultureInfo.InvariantCulture);
    }

    private static Task<HttpResponseMessage> AppendAsync(MediaClient user, Uri upload, byte[] bytes, int from, int to)
    {
        var body = new ByteArrayContent(bytes, from, to - from);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/offset+octet-stream");
        return TusAsync(user, HttpMethod.Patch, upload, body, ("Upload-Offset", $"{from}"));
    }

    private static Task<HttpResponseMessage> TusAsync(MediaClient user, HttpMethod method, Uri address, HttpContent? content, params (string, string)[] headers) =>
        user.SendAsync(method, address.ToString(), content, [("Tus-Resumable", "1.0.0"), .. headers]);

    private static byte[] Bytes(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }
}
