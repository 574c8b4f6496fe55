using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Chat.Host.Tests.Running;
using Chat.Testing;

namespace Chat.Host.Tests.Media;

public sealed class TusTests(TusTests.TusHost server) : IClassFixture<TusTests.TusHost>
{
    private const string Unknown = "01890000-0000-7000-8000-000000000000";

    private static int _users;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(100_000, 1)]
    [InlineData(100_000, 7)]
    public async Task A_file_comes_in_as_many_requests_as_it_needs(int size, int requests)
    {
        using var user = await UserAsync();
        var bytes = Bytes(size);
        using var created = await CreateAsync(user, size, $"filename {Convert.ToBase64String("../å.bin"u8)},filetype,empty");
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        var upload = created.Headers.Location!;
        Assert.Equal((await server.Host.AddressAsync()).Authority, upload.Authority);
        var mediaId = size == 0 ? Header(created, "Upload-Media-Id") : null;

        for (var sent = 0; sent < size;)
        {
            var next = Math.Min(size, sent + size / requests + 1);
            using var patched = await PatchAsync(user, upload, sent, bytes[sent..next]);
            Assert.Equal((HttpStatusCode.NoContent, $"{next}"), (patched.StatusCode, Header(patched, "Upload-Offset")));
            Assert.Equal(next == size, patched.Headers.Contains("Upload-Media-Id"));
            using var head = await SendAsync(user, HttpMethod.Head, upload);
            Assert.Equal((Header(patched, "Upload-Offset"), $"{size}"), (Header(head, "Upload-Offset"), Header(head, "Upload-Length")));
            if (next == size)
                Assert.Equal(mediaId = Header(patched, "Upload-Media-Id"), Header(head, "Upload-Media-Id"));
            else
                Assert.Equal(server.Host.Clock.GetUtcNow().AddDays(1).ToString("R", CultureInfo.InvariantCulture), Header(head, "Upload-Expires"));
            sent = next;
        }

        Assert.Equal(bytes, await user.BytesAsync(mediaId!));
        Assert.Equal("å.bin", (await user.AskAsync(HttpMethod.Get, $"/v1/media/{mediaId}/info")).Text("name"));
        Assert.Equal(size, await user.UsageAsync());
    }

    [Fact]
    public async Task Cut_off_at_any_byte_it_goes_on_where_it_was()
    {
        using var user = await UserAsync();
        var random = new Random(1);
        var bytes = Bytes(300_000);
        using var created = await CreateAsync(user, bytes.Length);
        var upload = created.Headers.Location!;

        var (offset, most) = (0, 0);
        for (var cuts = 0; cuts < 6; cuts++)
        {
            var sent = random.Next(0, (bytes.Length - offset) / 2);
            await CutOffAsync(user, upload, offset, bytes[offset..], sent);
            most = Math.Max(most, offset + sent);
            // What was on its way when the connection ended may count or not, also after this answer, but only up to the cut.
            using var head = await SendAsync(user, HttpMethod.Head, upload);
            var now = int.Parse(Header(head, "Upload-Offset"), CultureInfo.InvariantCulture);
            Assert.InRange(now, offset, most);
            offset = now;
        }
        using var last = await ResumeAsync(user, upload, bytes);

        Assert.Equal(bytes, await user.BytesAsync(Header(last, "Upload-Media-Id")));
    }

    [Fact]
    public async Task A_newer_request_ends_an_older_one_that_stands_still_and_keeps_what_it_brought()
    {
        using var user = await UserAsync();
        var bytes = Bytes(200_000);
        using var created = await CreateAsync(user, bytes.Length);
        var upload = created.Headers.Location!;
        using var still = new TcpClient();
        await BeginAsync(still, user, upload, 0, bytes, 100_000);
        var staged = Path.Combine(server.Host.Data, "media", "staging", upload.Segments[^1]);
        await Wait.UntilAsync(() => File.Exists(staged) && new FileInfo(staged).Length == 100_000, "the bytes are in the folder");

        using var newer = await PatchAsync(user, upload, 0, bytes);
        Assert.Equal(HttpStatusCode.Conflict, newer.StatusCode);
        using var head = await SendAsync(user, HttpMethod.Head, upload);
        Assert.Equal("100000", Header(head, "Upload-Offset"));
        using var last = await PatchAsync(user, upload, 100_000, bytes[100_000..]);

        Assert.Equal(bytes, await user.BytesAsync(Header(last, "Upload-Media-Id")));
        using var reader = new StreamReader(still.GetStream());
        Assert.StartsWith("HTTP/1.1 423", await reader.ReadLineAsync(Ct), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_user_neither_reads_nor_ends_nor_interrupts_an_upload()
    {
        using var user = await UserAsync();
        using var other = await UserAsync();
        var bytes = Bytes(200_000);
        using var created = await CreateAsync(user, bytes.Length);
        var upload = created.Headers.Location!;
        using var slow = new TcpClient();
        await BeginAsync(slow, user, upload, 0, bytes, 100_000);
        var staged = Path.Combine(server.Host.Data, "media", "staging", upload.Segments[^1]);
        await Wait.UntilAsync(() => File.Exists(staged) && new FileInfo(staged).Length == 100_000, "the bytes are in the folder");

        await ExpectAsync(HttpStatusCode.NotFound, SendAsync(other, HttpMethod.Head, upload));
        await ExpectAsync(HttpStatusCode.NotFound, PatchAsync(other, upload, 0, bytes));
        await ExpectAsync(HttpStatusCode.NotFound, SendAsync(other, HttpMethod.Delete, upload));
        await slow.GetStream().WriteAsync(bytes.AsMemory(100_000), Ct);

        using var reader = new StreamReader(slow.GetStream());
        Assert.StartsWith("HTTP/1.1 204", await reader.ReadLineAsync(Ct), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_several_requests_at_once_none_loses_a_byte()
    {
        using var user = await UserAsync();
        var bytes = Bytes(250_000);
        using var created = await CreateAsync(user, bytes.Length);
        var upload = created.Headers.Location!;

        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => PatchAsync(user, upload, 0, bytes)));

        Assert.All(answers, answer => Assert.True(
            answer.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.Locked or HttpStatusCode.Conflict or HttpStatusCode.NotFound, $"{answer.StatusCode}"));
        using var last = await ResumeAsync(user, upload, bytes);
        Assert.Equal(bytes, await user.BytesAsync(Header(last, "Upload-Media-Id")));
        foreach (var answer in answers)
            answer.Dispose();
    }

    [Theory]
    [InlineData("sha1")]
    [InlineData("sha256")]
    public async Task With_a_checksum_a_body_counts_if_it_is_right(string algorithm)
    {
        using var user = await UserAsync();
        var bytes = Bytes(100_000);
        var (first, second) = (bytes[..60_000], bytes[60_000..]);
        using var created = await CreateAsync(user, bytes.Length);
        var upload = created.Headers.Location!;

        using var wrong = await PatchAsync(user, upload, 0, first, ("Upload-Checksum", $"{algorithm} {HashOf(algorithm, second)}"));
        Assert.Equal(460, (int)wrong.StatusCode);
        using var unknown = await PatchAsync(user, upload, 0, first, ("Upload-Checksum", "md5 AAAA"));
        Assert.Equal(HttpStatusCode.BadRequest, unknown.StatusCode);
        using var head = await SendAsync(user, HttpMethod.Head, upload);
        Assert.Equal("0", Header(head, "Upload-Offset"));
        Assert.False(File.Exists(Path.Combine(server.Host.Data, "media", "staging", upload.Segments[^1])));
        using var right = await PatchAsync(user, upload, 0, first, ("Upload-Checksum", $"{algorithm} {HashOf(algorithm, first)}"));
        Assert.Equal("60000", Header(right, "Upload-Offset"));
        using var last = await PatchAsync(user, upload, 60_000, second, ("Upload-Checksum", $"{algorithm} {HashOf(algorithm, second)}"));

        Assert.Equal(bytes, await user.BytesAsync(Header(last, "Upload-Media-Id")));
    }

    [Fact]
    public async Task It_may_begin_with_bytes()
    {
        using var user = await UserAsync();
        using var content = Body(Bytes(1_000)[..400]);
        using var created = await SendAsync(user, HttpMethod.Post, Address, content, ("Upload-Length", "1000"));
        Assert.Equal((HttpStatusCode.Created, "400"), (created.StatusCode, Header(created, "Upload-Offset")));

        using var last = await PatchAsync(user, created.Headers.Location!, 400, Bytes(1_000)[400..]);

        Assert.Equal(Bytes(1_000), await user.BytesAsync(Header(last, "Upload-Media-Id")));
    }

    [Fact]
    public async Task What_is_wrong_is_refused_by_the_statuses_of_tus()
    {
        using var user = await UserAsync();
        using var other = await UserAsync();
        using var created = await CreateAsync(user, 10);
        var upload = created.Headers.Location!;

        await ExpectAsync(HttpStatusCode.Conflict, PatchAsync(user, upload, 5, Bytes(5)));
        await ExpectAsync(HttpStatusCode.BadRequest, CreateAsync(user, -1));
        await ExpectAsync(HttpStatusCode.BadRequest, CreateAsync(user, 10, "filename n%t-base64"));
        await ExpectAsync(HttpStatusCode.RequestEntityTooLarge, CreateAsync(user, 300_001));
        await ExpectAsync(HttpStatusCode.UnsupportedMediaType, SendAsync(user, HttpMethod.Patch, upload, new ByteArrayContent(Bytes(1)), ("Upload-Offset", "0")));
        await ExpectAsync(HttpStatusCode.PreconditionFailed, user.SendAsync(HttpMethod.Head, upload.ToString(), null, ("Tus-Resumable", "0.2.2")));
        foreach (var (who, address) in new[] { (other, upload), (user, new Uri($"{Address}/{Unknown}", UriKind.Relative)) })
        {
            await ExpectAsync(HttpStatusCode.NotFound, PatchAsync(who, address, 0, Bytes(10)));
            await ExpectAsync(HttpStatusCode.NotFound, SendAsync(who, HttpMethod.Head, address));
            await ExpectAsync(HttpStatusCode.NotFound, SendAsync(who, HttpMethod.Delete, address));
        }
        await ExpectAsync(HttpStatusCode.NotFound, user.GetAsync($"/v1/media/{upload.Segments[^1]}"));
        using var head = await SendAsync(user, HttpMethod.Head, upload);
        Assert.Equal("0", Header(head, "Upload-Offset"));
    }

    [Fact]
    public async Task Unfinished_uploads_take_of_the_quota_and_are_so_many_at_most_until_they_are_ended()
    {
        using var user = await UserAsync();
        var uploads = new List<Uri>();
        foreach (var size in new[] { 300_000, 300_000, 300_000 })
        {
            using var created = await CreateAsync(user, size);
            uploads.Add(created.Headers.Location!);
        }
        Assert.Equal(900_000, await user.UsageAsync());
        await ExpectAsync(HttpStatusCode.RequestEntityTooLarge, CreateAsync(user, 100_001));
        await ExpectAsync(HttpStatusCode.Created, CreateAsync(user, 10));
        await ExpectAsync(HttpStatusCode.TooManyRequests, CreateAsync(user, 10));

        using var patched = await PatchAsync(user, uploads[0], 0, Bytes(1_000));
        await ExpectAsync(HttpStatusCode.NoContent, SendAsync(user, HttpMethod.Delete, uploads[0]));

        await ExpectAsync(HttpStatusCode.NotFound, SendAsync(user, HttpMethod.Head, uploads[0]));
        Assert.Equal(600_010, await user.UsageAsync());
        Assert.False(File.Exists(Path.Combine(server.Host.Data, "media", "staging", uploads[0].Segments[^1])));
    }

    [Fact]
    public async Task Where_a_proxy_lets_POST_alone_through_the_method_is_in_a_header()
    {
        using var user = await UserAsync();
        using var created = await CreateAsync(user, 1_000);
        using var other = await CreateAsync(user, 1_000);
        var upload = created.Headers.Location!;

        using var first = await PostAsync("PATCH", upload, Body(Bytes(1_000)[..400]), ("Upload-Offset", "0"));
        using var head = await PostAsync("HEAD", upload, null);
        using var last = await PostAsync("PATCH", upload, Body(Bytes(1_000)[400..]), ("Upload-Offset", "400"));

        Assert.Equal(("400", "400", "1000"), (Header(first, "Upload-Offset"), Header(head, "Upload-Offset"), Header(last, "Upload-Offset")));
        Assert.Equal(Bytes(1_000), await user.BytesAsync(Header(last, "Upload-Media-Id")));
        await ExpectAsync(HttpStatusCode.NoContent, PostAsync("DELETE", other.Headers.Location!, null));
        await ExpectAsync(HttpStatusCode.NotFound, SendAsync(user, HttpMethod.Head, other.Headers.Location!));
        await ExpectAsync(HttpStatusCode.BadRequest, PostAsync("GET", upload, null));
        await ExpectAsync(HttpStatusCode.BadRequest, SendAsync(user, HttpMethod.Post, upload));

        Task<HttpResponseMessage> PostAsync(string method, Uri address, HttpContent? content, params (string, string)[] headers) =>
            SendAsync(user, HttpMethod.Post, address, content, [("X-HTTP-Method-Override", method), .. headers]);
    }

    [Fact]
    public async Task No_more_are_begun_at_once_than_a_user_may_have_unfinished()
    {
        using var user = await UserAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => CreateAsync(user, 10)));

        var begun = answers.Count(answer => answer.StatusCode == HttpStatusCode.Created);
        Assert.InRange(begun, 0, 4);
        Assert.All(answers, answer => Assert.True(answer.StatusCode is HttpStatusCode.Created or HttpStatusCode.TooManyRequests, $"{answer.StatusCode}"));
        Assert.Equal(10 * begun, await user.UsageAsync());
        foreach (var answer in answers)
            answer.Dispose();
    }

    [Fact]
    public async Task OPTIONS_says_what_there_is()
    {
        var answer = await server.Host.SendAsync(HttpMethod.Options, "/v1/media/tus");

        Assert.Equal(("1.0.0", "300000"), (answer.Header("Tus-Version"), answer.Header("Tus-Max-Size")));
        Assert.Equal("creation,creation-with-upload,expiration,checksum,termination", answer.Header("Tus-Extension"));
        Assert.Equal("sha1,sha256", answer.Header("Tus-Checksum-Algorithm"));
    }

    private static Uri Address { get; } = new("/v1/media/tus", UriKind.Relative);

    private Task<MediaClient> UserAsync() => MediaClient.RegisterAsync(server.Host, $"user-{Interlocked.Increment(ref _users)}");

    private static Task<HttpResponseMessage> CreateAsync(MediaClient user, long length, string? metadata = null) => SendAsync(
        user, HttpMethod.Post, Address, null, [("Upload-Length", $"{length}"), .. metadata is null ? Array.Empty<(string, string)>() : [("Upload-Metadata", metadata)]]);

    private static Task<HttpResponseMessage> PatchAsync(MediaClient user, Uri upload, long offset, byte[] bytes, params (string, string)[] headers) =>
        SendAsync(user, HttpMethod.Patch, upload, Body(bytes), [("Upload-Offset", $"{offset}"), .. headers]);

    private static Task<HttpResponseMessage> SendAsync(
        MediaClient user, HttpMethod method, Uri address, HttpContent? content = null, params (string, string)[] headers) =>
        user.SendAsync(method, address.ToString(), content, [("Tus-Resumable", "1.0.0"), .. headers]);

    private static ByteArrayContent Body(byte[] bytes)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/offset+octet-stream");
        return content;
    }

    // As a client does it: from where the server says that it is.
    private static async Task<HttpResponseMessage> ResumeAsync(MediaClient user, Uri upload, byte[] bytes)
    {
        while (true)
        {
            var head = await SendAsync(user, HttpMethod.Head, upload);
            var offset = int.Parse(Header(head, "Upload-Offset"), CultureInfo.InvariantCulture);
            if (offset == bytes.Length)
                return head;
            head.Dispose();
            var appended = await PatchAsync(user, upload, offset, bytes[offset..]);
            // Something of an earlier request counted meanwhile.
            if (appended.StatusCode != HttpStatusCode.Conflict)
                return appended;
            appended.Dispose();
        }
    }

    private async Task CutOffAsync(MediaClient user, Uri upload, int offset, byte[] bytes, int sent)
    {
        using var socket = new TcpClient();
        await BeginAsync(socket, user, upload, offset, bytes, sent);
    }

    private async Task BeginAsync(TcpClient socket, MediaClient user, Uri upload, int offset, byte[] bytes, int sent)
    {
        var address = await server.Host.AddressAsync();
        await socket.ConnectAsync(address.Host, address.Port, Ct);
        await socket.GetStream().WriteAsync(
            Encoding.ASCII.GetBytes(
                $"PATCH {upload.AbsolutePath} HTTP/1.1\r\nHost: chat\r\nAuthorization: Bearer {user.Token}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: {offset}\r\n"
                + $"Content-Type: application/offset+octet-stream\r\nContent-Length: {bytes.Length}\r\n\r\n"),
            Ct);
        await socket.GetStream().WriteAsync(bytes.AsMemory(0, sent), Ct);
    }

    private static async Task ExpectAsync(HttpStatusCode status, Task<HttpResponseMessage> call)
    {
        using var answer = await call;
        Assert.True(status == answer.StatusCode, $"Expected {status}, got {answer.StatusCode}: {await answer.Content.ReadAsStringAsync(Ct)}");
    }

    private static string HashOf(string algorithm, byte[] bytes) =>
        Convert.ToBase64String(CryptographicOperations.HashData(new HashAlgorithmName(algorithm.ToUpperInvariant()), bytes));

    private static string Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : throw new KeyNotFoundException($"{name} of {answer}");

    private static byte[] Bytes(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }

    public sealed class TusHost : IAsyncDisposable
    {
        internal TestHost Host { get; } = new(
            ("RateLimits:Enabled", "false"), ("Media:MaxBytes", "300000"), ("Media:QuotaBytes", "1000000"), ("Media:MaxIncompleteUploads", "4"),
            ("Media:QuotaBytesPerFile", "0"));

        public ValueTask DisposeAsync() => Host.DisposeAsync();
    }
}
