using System.Net;
using System.Text;
using Chat.Host.Tests.Running;

namespace Chat.Host.Tests.Media;

public sealed class DownloadTests(DownloadTests.OneFile file) : IClassFixture<DownloadTests.OneFile>
{
    private const int Size = 200_000;

    private static readonly byte[] File = Made();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_that_was_uploaded_runs_in_the_origin_of_the_page()
    {
        using var answer = await file.Alice.GetAsync(file.Path);

        Assert.Equal("nosniff", Header(answer, "X-Content-Type-Options"));
        Assert.Contains("sandbox", Header(answer, "Content-Security-Policy"), StringComparison.Ordinal);
        Assert.Contains("default-src 'none'", Header(answer, "Content-Security-Policy"), StringComparison.Ordinal);
        Assert.Equal("attachment; filename=\"_ \\\".txt\"; filename*=UTF-8''%E2%82%AC%20%22.txt", Header(answer, "Content-Disposition"));
        Assert.Equal("application/octet-stream", Header(answer, "Content-Type"));
        Assert.Equal("private, max-age=31536000, immutable", Header(answer, "Cache-Control"));
    }

    [Fact]
    public async Task A_client_that_has_the_file_does_not_get_it_again()
    {
        using var answer = await file.Alice.GetAsync(file.Path);
        var tag = Header(answer, "ETag");

        foreach (var known in new[] { tag, $"W/{tag}", $"\"other\", {tag}", "*" })
        {
            using var again = await file.Alice.GetAsync(file.Path, ("If-None-Match", known));
            Assert.Equal((HttpStatusCode.NotModified, tag), (again.StatusCode, Header(again, "ETag")));
            Assert.Empty(await again.Content.ReadAsByteArrayAsync(Ct));
        }
        using var other = await file.Alice.GetAsync(file.Path, ("If-None-Match", "\"other\""));
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        using var mismatch = await file.Alice.GetAsync(file.Path, ("If-Match", "\"other\""));
        Assert.Equal(HttpStatusCode.PreconditionFailed, mismatch.StatusCode);
    }

    [Theory]
    [InlineData("bytes=0-0", 0, 1)]
    [InlineData("bytes=100-199", 100, 100)]
    [InlineData("bytes=199999-", 199_999, 1)]
    [InlineData("bytes=150000-999999", 150_000, 50_000)]
    [InlineData("bytes=-10", 199_990, 10)]
    [InlineData("bytes=-999999", 0, 200_000)]
    [InlineData("bytes=0-0,999999-", 0, 1)]
    public async Task A_range_is_sent_alone(string range, int offset, int length)
    {
        using var answer = await file.Alice.GetAsync(file.Path, ("Range", range));

        Assert.Equal(HttpStatusCode.PartialContent, answer.StatusCode);
        Assert.Equal($"bytes {offset}-{offset + length - 1}/{Size}", Header(answer, "Content-Range"));
        Assert.Equal(length, answer.Content.Headers.ContentLength);
        Assert.Equal(File[offset..(offset + length)], await answer.Content.ReadAsByteArrayAsync(Ct));
    }

    [Theory]
    [InlineData("bytes=200000-")]
    [InlineData("bytes=-0")]
    [InlineData("bytes=300000-400000,500000-")]
    public async Task A_range_that_the_file_does_not_have_is_refused(string range)
    {
        using var answer = await file.Alice.GetAsync(file.Path, ("Range", range));

        Assert.Equal((HttpStatusCode.RequestedRangeNotSatisfiable, $"bytes */{Size}"), (answer.StatusCode, Header(answer, "Content-Range")));
        Assert.Equal("no-store", Header(answer, "Cache-Control"));
    }

    [Theory]
    [InlineData("lines=1-2")]
    [InlineData("bytes=2-1")]
    [InlineData("bytes=x")]
    [InlineData("bytes=0-1,2-3,4-5,6-7")]
    [InlineData("bytes=0-199998,0-199998")]
    public async Task What_is_no_range_or_too_much_of_one_gets_the_whole_file(string range)
    {
        using var answer = await file.Alice.GetAsync(file.Path, ("Range", range));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(File, await answer.Content.ReadAsByteArrayAsync(Ct));
    }

    [Fact]
    public async Task Several_ranges_come_as_parts_in_the_order_of_asking()
    {
        using var answer = await file.Alice.GetAsync(file.Path, ("Range", "bytes=1000-1999,-5,0-0"));

        Assert.Equal(HttpStatusCode.PartialContent, answer.StatusCode);
        var body = await answer.Content.ReadAsByteArrayAsync(Ct);
        var boundary = answer.Content.Headers.ContentType!.Parameters.Single(parameter => parameter.Name == "boundary").Value;
        var expected = new MemoryStream();
        foreach (var (offset, length) in new[] { (1_000, 1_000), (Size - 5, 5), (0, 1) })
        {
            expected.Write(Encoding.ASCII.GetBytes(
                $"\r\n--{boundary}\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes {offset}-{offset + length - 1}/{Size}\r\n\r\n"));
            expected.Write(File, offset, length);
        }
        expected.Write(Encoding.ASCII.GetBytes($"\r\n--{boundary}--\r\n"));
        Assert.Equal(expected.ToArray(), body);
        Assert.Equal(body.Length, answer.Content.Headers.ContentLength);
    }

    [Fact]
    public async Task A_range_of_a_file_that_the_client_does_not_have_gets_the_whole_one()
    {
        using var first = await file.Alice.GetAsync(file.Path);
        using var same = await file.Alice.GetAsync(file.Path, ("Range", "bytes=0-9"), ("If-Range", Header(first, "ETag")));
        using var other = await file.Alice.GetAsync(file.Path, ("Range", "bytes=0-9"), ("If-Range", "\"other\""));

        Assert.Equal((HttpStatusCode.PartialContent, HttpStatusCode.OK), (same.StatusCode, other.StatusCode));
    }

    [Fact]
    public async Task HEAD_says_what_GET_would_and_takes_no_range()
    {
        using var get = await file.Alice.GetAsync(file.Path);
        using var head = await file.Alice.SendAsync(HttpMethod.Head, file.Path, null, ("Range", "bytes=0-9"));

        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.Equal(Size, head.Content.Headers.ContentLength);
        foreach (var name in new[] { "ETag", "Content-Type", "Content-Disposition", "Accept-Ranges", "Cache-Control" })
            Assert.Equal(Header(get, name), Header(head, name));
        Assert.Empty(await head.Content.ReadAsByteArrayAsync(Ct));
    }

    [Fact]
    public async Task To_everybody_else_it_is_as_if_there_were_no_such_file()
    {
        using var bob = await MediaClient.RegisterAsync(file.Host, "bob");
        using var get = await file.Alice.GetAsync(file.Path);
        const string unknown = "/v1/media/01890000-0000-7000-8000-000000000000";

        foreach (var (method, suffix) in new[] { (HttpMethod.Get, ""), (HttpMethod.Get, "/info"), (HttpMethod.Delete, "") })
        {
            var expected = (await bob.AskAsync(method, unknown + suffix)).ExpectProblem(HttpStatusCode.NotFound, "not_found");
            var answer = await bob.AskAsync(method, file.Path + suffix, ("If-None-Match", Header(get, "ETag")), ("Range", "bytes=999999-"));
            Assert.Equal((expected.Status, expected.Body), (answer.Status, answer.Body));
            Assert.Equal(expected.HeaderNames.Order(), answer.HeaderNames.Order());
        }
        Assert.Equal(HttpStatusCode.NotFound, (await bob.AskAsync(HttpMethod.Get, "/v1/media/nonsense")).Status);
    }

    [Fact]
    public async Task A_removed_file_is_gone()
    {
        using var carol = await MediaClient.RegisterAsync(file.Host, "carol");
        var path = $"/v1/media/{await carol.UploadedAsync(File)}";

        (await carol.AskAsync(HttpMethod.Delete, path)).Expect(HttpStatusCode.NoContent);

        (await carol.AskAsync(HttpMethod.Get, path)).ExpectProblem(HttpStatusCode.NotFound, "not_found");
        (await carol.AskAsync(HttpMethod.Delete, path)).ExpectProblem(HttpStatusCode.NotFound, "not_found");
        Assert.Equal(0, await carol.UsageAsync());
    }

    private static string Header(HttpResponseMessage answer, string name) =>
        answer.Headers.NonValidated.TryGetValues(name, out var values) || answer.Content.Headers.NonValidated.TryGetValues(name, out values)
            ? values.ToString()
            : throw new KeyNotFoundException(name);

    private static byte[] Made()
    {
        var bytes = new byte[Size];
        new Random(1).NextBytes(bytes);
        return bytes;
    }

    /// <summary>A server with a file of alice's.</summary>
    public sealed class OneFile : IAsyncLifetime
    {
        internal TestHost Host { get; } = new(("RateLimits:Enabled", "false"), ("Media:MaxRanges", "3"));

        internal MediaClient Alice { get; private set; } = null!;

        internal string Path { get; private set; } = "";

        public async ValueTask InitializeAsync()
        {
            Alice = await MediaClient.RegisterAsync(Host, "alice");
            Path = $"/v1/media/{await Alice.UploadedAsync(File, ("Content-Disposition", "attachment; filename*=UTF-8''%E2%82%AC%20%22.txt"))}";
        }

        public async ValueTask DisposeAsync()
        {
            Alice.Dispose();
            await Host.DisposeAsync();
        }
    }
}
