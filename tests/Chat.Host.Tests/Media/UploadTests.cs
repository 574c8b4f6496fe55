using System.Net;
using System.Net.Sockets;
using System.Text;
using Chat.Host.Tests.Running;
using Chat.Testing;

namespace Chat.Host.Tests.Media;

public sealed class UploadTests : IAsyncDisposable
{
    private readonly TestHost _host = new(
        ("RateLimits:Enabled", "false"), ("Media:MaxBytes", "300000"), ("Media:QuotaBytes", "1000000"), ("Media:MaxUploadsPerUser", "2"),
        ("Media:QuotaBytesPerFile", "0"));

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(300_000)]
    public async Task A_raw_body_is_a_file(int size)
    {
        using var alice = await MediaClient.RegisterAsync(_host, "alice");

        var answer = (await alice.UploadAsync(Bytes(size), ("Content-Disposition", "attachment; filename*=UTF-8''..%2FMy%20f%C3%ACle.bin"))).Expect(HttpStatusCode.Created);

        Assert.Equal((size, "application/octet-stream", "My fìle.bin"), (answer.Json.GetProperty("size").GetInt32(), answer.Text("contentType"), answer.Text("name")));
        Assert.Equal($"/v1/media/{answer.Text("mediaId")}", answer.Text("mediaUrl"));
        Assert.Equal(Bytes(size), await alice.BytesAsync(answer.Text("mediaId")));
        Assert.Equal(answer.Body, (await alice.AskAsync(HttpMethod.Get, $"{answer.Text("mediaUrl")}/info")).Expect(HttpStatusCode.OK).Body);
        Assert.Equal(size, await alice.UsageAsync());
    }

    [Fact]
    public async Task The_part_file_of_a_multipart_body_is_a_file()
    {
        using var alice = await MediaClient.RegisterAsync(_host, "alice");
        using var form = new MultipartFormDataContent { { new StringContent("x"), "other" }, { new ByteArrayContent(Bytes(200_000)), "file", "C:\\photos\\ä.bin" } };

        var answer = (await alice.UploadAsync(form)).Expect(HttpStatusCode.Created);

        Assert.Equal("ä.bin", answer.Text("name"));
        Assert.Equal(Bytes(200_000), await alice.BytesAsync(answer.Text("mediaId")));
    }

    [Fact]
    public async Task A_body_of_unknown_length_is_a_file()
    {
        using var alice = await MediaClient.RegisterAsync(_host, "alice");
        using var chunked = new StreamContent(new MemoryStream(Bytes(250_000)));
        chunked.Headers.ContentLength = null;

        var id = (await alice.UploadAsync(chunked, ("Transfer-Encoding", "chunked"))).Expect(HttpStatusCode.Created).Text("mediaId");

        Assert.Equal(Bytes(250_000), await alice.BytesAsync(id));
        Assert.Equal(250_000, await alice.UsageAsync());
    }

    [Theory]
    [InlineData("multipart/form-data", "x")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\nx\r\n--b--\r\n")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\ncut off")]
    [InlineData("multipart/form-data; boundary=b", "nonsense")]
    public async Task A_malformed_multipart_body_is_refused_and_nothing_is_left(string type, string body)
    {
        using var alice = await MediaClient.RegisterAsync(_host, "alice");
        using var content = new StringContent(body);
        content.Headers.Remove("Content-Type");
        content.Headers.TryAddWithoutValidation("Content-Type", type);

        (await alice.UploadAsync(content)).ExpectProblem(HttpStatusCode.BadRequest, "bad_request");

        await AssertNothingIsLeftAsync(alice);
    }

    [Fact]
    public async Task What_is_too_large_is_refused_by_its_length_and_as_it_comes()
    {
        using var alice = await MediaClient.RegisterAsync(_host, "alice");
        using var chunked = new StreamContent(new MemoryStream(Bytes(300_001)));
        chunked.Headers.ContentLength = null;
        using var form = new MultipartFormDataContent { { new ByteArrayContent(Bytes(300_001)), "file", "a" } };

        (await alice.UploadAsync(Bytes(300_001))).ExpectProblem(HttpStatusCode.RequestEntityTooLarge, "too_large");
        (await alice.UploadAsync(chunked, ("Transfer-Encoding", "chunked"))).ExpectProblem(HttpStatusCode.RequestEntityTooLarge, "too_large");
        (await alice.UploadAsync(form)).ExpectProblem(HttpStatusCode.RequestEntityTooLarge, "too_large");

        await AssertNothingIsLeftAsync(alice);
    }

    [Fact]
    public async Task What_is_over_the_quota_is_refused_and_what_was_removed_makes_room()
    {
        using var alice = await MediaClient.RegisterAsync(_host, "alice");
        using var bob = await MediaClient.RegisterAsync(_host, "bob");
        var ids = new List<string>();
        for (var i = 0; i < 3; i++)
            ids.Add(await alice.UploadedAsync(Bytes(300_000 - i)));
        using var chunked = new StreamContent(new MemoryStream(Bytes(200_000)));
        chunked.Headers.ContentLength = null;

        (await alice.UploadAsync(Bytes(200_000))).ExpectProblem(HttpStatusCode.RequestEntityTooLarge, "quota_exceeded");
        (await alice.UploadAsync(chunked, ("Transfer-Encoding", "chunked"))).ExpectProblem(HttpStatusCode.RequestEntityTooLarge, "quota_exceeded");
        await bob.UploadedAsync(Bytes(200_000));
        (await alice.AskAsync(HttpMethod.Delete, $"/v1/media/{ids[0]}")).Expect(HttpStatusCode.NoContent);
        await alice.UploadedAsync(Bytes(200_000));

        Assert.Equal(799_997, await alice.UsageAsync());
        Assert.Equal("""{"bytes":200000,"quota":1000000}""", (await bob.AskAsync(HttpMethod.Get, "/v1/media/usage")).Body);
    }

    [Fact]
    public async Task Files_of_few_bytes_take_of_the_quota_as_if_they_had_more()
    {
        await using var host = new TestHost(("RateLimits:Enabled", "false"), ("Media:QuotaBytes", "50000"), ("Media:QuotaBytesPerFile", "10000"));
        using var alice = await MediaClient.RegisterAsync(host, "alice");
        await alice.UploadedAsync([]);
        await alice.UploadedAsync(Bytes(12_000));
        (await alice.UploadAsync(new ByteArrayContent(Bytes(1)), ("Transfer-Encoding", "chunked"))).Expect(HttpStatusCode.Created);
        using var resumable = await alice.SendAsync(HttpMethod.Post, "/v1/media/tus", null, ("Tus-Resumable", "1.0.0"), ("Upload-Length", "1"));
        Assert.Equal(HttpStatusCode.Created, resumable.StatusCode);
        Assert.Equal(42_000, await alice.UsageAsync());

        (await alice.UploadAsync([])).ExpectProblem(HttpStatusCode.RequestEntityTooLarge, "quota_exceeded");
        (await alice.UploadAsync(new ByteArrayContent([]), ("Transfer-Encoding", "chunked"))).ExpectProblem(HttpStatusCode.RequestEntityTooLarge, "quota_exceeded");
        using var further = await alice.SendAsync(HttpMethod.Post, "/v1/media/tus", null, ("Tus-Resumable", "1.0.0"), ("Upload-Length", "1"));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, further.StatusCode);
    }

    [Fact]
    public async Task The_same_key_again_answers_with_the_first_file()
    {
        using var alice = await MediaClient.RegisterAsync(_host, "alice");
        using var bob = await MediaClient.RegisterAsync(_host, "bob");
        var first = (await alice.UploadAsync(Bytes(1_000), ("Idempotency-Key", "one"))).Expect(HttpStatusCode.Created);

        Assert.Equal(first.Body, (await alice.UploadAsync(Bytes(1_000), ("Idempotency-Key", "one"))).Expect(HttpStatusCode.Created).Body);
        Assert.Equal(first.Body, (await alice.UploadAsync(Bytes(250_000), ("Idempotency-Key", "one"))).Expect(HttpStatusCode.Created).Body);

        Assert.NotEqual(first.Text("mediaId"), await bob.UploadedAsync(Bytes(1_000), ("Idempotency-Key", "one")));
        Assert.Equal(1_000, await alice.UsageAsync());
        (await alice.UploadAsync(Bytes(1), ("Idempotency-Key", new string('k', 129)))).ExpectProblem(HttpStatusCode.BadRequest, "bad_request");
    }

    [Fact]
    public async Task Equal_bytes_are_on_the_disk_once()
    {
        using var alice = await MediaClient.RegisterAsync(_host, "alice");
        using var bob = await MediaClient.RegisterAsync(_host, "bob");
        var (first, second) = (await alice.UploadedAsync(Bytes(1_000)), await bob.UploadedAsync(Bytes(1_000)));
        Assert.Single(Blobs());

        (await alice.AskAsync(HttpMethod.Delete, $"/v1/media/{first}")).Expect(HttpStatusCode.NoContent);
        Assert.Equal(Bytes(1_000), await bob.BytesAsync(second));
        (await bob.AskAsync(HttpMethod.Delete, $"/v1/media/{second}")).Expect(HttpStatusCode.NoContent);

        Assert.Empty(Blobs());
    }

    [Fact]
    public async Task A_client_that_hangs_up_leaves_nothing_and_its_place_is_free()
    {
        using var alice = await MediaClient.RegisterAsync(_host, "alice");
        for (var i = 0; i < 5; i++)
        {
            using (var upload = await SlowUpload.BeginAsync(_host, alice, 100_000))
            {
                await upload.SendAsync(Bytes(50_000));
                await Wait.UntilAsync(() => Staged() == 50_000, "half of it is there");
            }
            await Wait.UntilAsync(async () => Blobs().Count == 0 && await alice.UsageAsync() == 0, "nothing is left");
        }

        await Wait.UntilAsync(async () => (await alice.UploadAsync(Bytes(10))).Status == HttpStatusCode.Created, "there is room for another upload");
    }

    [Fact]
    public async Task More_at_once_than_a_user_may_have_are_refused()
    {
        using var alice = await MediaClient.RegisterAsync(_host, "alice");
        using var bob = await MediaClient.RegisterAsync(_host, "bob");
        using var one = await SlowUpload.BeginAsync(_host, alice, 10);
        using var two = await SlowUpload.BeginAsync(_host, alice, 10);
        await Wait.UntilAsync(async () => await alice.UsageAsync() == 20, "only the two files take room");

        (await alice.UploadAsync(Bytes(10))).ExpectProblem(HttpStatusCode.TooManyRequests, "rate_limited");
        await bob.UploadedAsync(Bytes(10));
        await one.SendAsync(Bytes(10));
        Assert.StartsWith("HTTP/1.1 201", await one.AnswerAsync(), StringComparison.Ordinal);

        await alice.UploadedAsync(Bytes(10));
    }

    [Fact]
    public async Task A_slow_upload_goes_on_and_one_that_stands_still_is_ended()
    {
        using var alice = await MediaClient.RegisterAsync(_host, "alice");
        using var slow = await SlowUpload.BeginAsync(_host, alice, 100_000);
        await Wait.UntilAsync(async () => await alice.UsageAsync() == 100_000, "the upload has begun");
        for (var sent = 0; sent < 100_000; sent += 20_000)
        {
            _host.Clock.Advance(TimeSpan.FromSeconds(30));
            var before = Staged();
            await slow.SendAsync(Bytes(20_000));
            await Wait.UntilAsync(() => Staged() != before, "more has come");
        }
        Assert.StartsWith("HTTP/1.1 201", await slow.AnswerAsync(), StringComparison.Ordinal);

        using var still = await SlowUpload.BeginAsync(_host, alice, 100_001);
        await still.SendAsync(Bytes(50_000));
        await Wait.UntilAsync(() => Staged() == 50_000, "half of it is there");
        _host.Clock.Advance(TimeSpan.FromSeconds(61));

        var answer = await still.AnswerAsync();
        Assert.StartsWith("HTTP/1.1 503", answer, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"unavailable\"", answer, StringComparison.Ordinal);
        await Wait.UntilAsync(async () => await alice.UsageAsync() == 100_000, "the upload has begun");
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    private static byte[] Bytes(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }

    private async Task AssertNothingIsLeftAsync(MediaClient user)
    {
        Assert.Empty(Blobs());
        Assert.Equal(0, await user.UsageAsync());
    }

    private List<string> Blobs() => Directory.Exists(Path.Combine(_host.Data, "media"))
        ? [.. Directory.EnumerateFiles(Path.Combine(_host.Data, "media"), "*", SearchOption.AllDirectories)]
        : [];

    // Bytes that are being written; -1 where none are.
    private long Staged() => Blobs().Where(path => path.Contains("staging", StringComparison.Ordinal)).Select(path => new FileInfo(path)).FirstOrDefault() is { Exists: true } file
        ? file.Length
        : -1;

    /// <summary>An upload whose bytes the test sends.</summary>
    private sealed class SlowUpload : IDisposable
    {
        private readonly TcpClient _socket = new();

        public static async Task<SlowUpload> BeginAsync(TestHost host, MediaClient user, int length)
        {
            var upload = new SlowUpload();
            var address = await host.AddressAsync();
            await upload._socket.ConnectAsync(address.Host, address.Port, Ct);
            await upload.SendAsync(Encoding.ASCII.GetBytes(
                $"POST /v1/media/upload HTTP/1.1\r\nHost: chat\r\nAuthorization: Bearer {user.Token}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"));
            return upload;
        }

        public async Task SendAsync(byte[] bytes) => await _socket.GetStream().WriteAsync(bytes, Ct);

        public async Task<string> AnswerAsync()
        {
            using var reader = new StreamReader(_socket.GetStream(), Encoding.UTF8);
            var answer = new StringBuilder();
            var buffer = new char[4_096];
            while (await reader.ReadAsync(buffer, Ct) is > 0 and var read)
            {
                answer.Append(buffer.AsSpan(0, read));
                if (answer.ToString().Contains('}'))
                    break;
            }
            return answer.ToString();
        }

        public void Dispose() => _socket.Dispose();
    }
}
