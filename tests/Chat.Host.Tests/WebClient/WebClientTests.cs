using System.Net;
using System.Net.Sockets;
using System.Text;
using Chat.Host.Tests.Running;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Chat.Host.Tests.WebClient;

public sealed class WebClientTests : IAsyncDisposable
{
    private const string Script = "/assets/index-B78mKYK0.js";

    private readonly WebClientFolder _page = WebClientFolder.Built();
    private readonly TestHost _host;

    public WebClientTests() => _host = new TestHost(("Page:Directory", _page.Path));

    [Theory]
    [InlineData("/", "the start", "text/html; charset=utf-8")]
    [InlineData("/index.html", "the start", "text/html; charset=utf-8")]
    [InlineData("/sw.js", "the worker", "text/javascript; charset=utf-8")]
    [InlineData("/manifest.webmanifest", "{}", "application/manifest+json")]
    [InlineData("/icon.svg", "<svg/>", "image/svg+xml")]
    [InlineData(Script, "the script", "text/javascript; charset=utf-8")]
    [InlineData("/assets/index-Cd7VWOhO.css", "the style", "text/css; charset=utf-8")]
    public async Task Anybody_gets_the_page_s_files_each_with_its_type(string path, string content, string type)
    {
        var answer = (await _host.GetAsync(path)).Expect(HttpStatusCode.OK);

        Assert.Equal((content, type), (answer.Body, answer.Header("Content-Type")));
    }

    [Fact]
    public async Task A_browser_may_run_and_load_what_the_page_has_and_nothing_else()
    {
        var answer = await _host.GetAsync("/");

        Assert.Equal(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; font-src 'self'; connect-src 'self'; "
            + "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
            + "require-trusted-types-for 'script'; trusted-types chat",
            answer.Header("Content-Security-Policy"));
        Assert.Equal("nosniff", answer.Header("X-Content-Type-Options"));
        Assert.Equal("no-referrer", answer.Header("Referrer-Policy"));
        Assert.Equal("same-origin", answer.Header("Cross-Origin-Opener-Policy"));
        Assert.Equal("same-origin", answer.Header("Cross-Origin-Resource-Policy"));
        Assert.Equal(
            "camera=(), display-capture=(), geolocation=(), microphone=(self), payment=(), usb=()", answer.Header("Permissions-Policy"));
    }

    [Fact]
    public async Task A_name_with_a_hash_in_it_is_kept_for_ever_and_any_other_is_asked_for_again()
    {
        Assert.Equal("public, max-age=31536000, immutable", (await _host.GetAsync(Script)).Header("Cache-Control"));
        Assert.Equal("no-cache", (await _host.GetAsync("/")).Header("Cache-Control"));
        Assert.Equal("no-cache", (await _host.GetAsync("/sw.js")).Header("Cache-Control"));
    }

    [Fact]
    public async Task What_a_browser_has_already_is_not_sent_again()
    {
        var tag = (await _host.GetAsync("/")).Header("ETag")!;

        var same = await AskAsync(HttpMethod.Get, "/", ("If-None-Match", tag));
        var other = await AskAsync(HttpMethod.Get, "/", ("If-None-Match", "\"another\""));

        same.Expect(HttpStatusCode.NotModified);
        Assert.Equal(("", tag, "no-cache"), (same.Body, same.Header("ETag"), same.Header("Cache-Control")));
        other.Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Another_content_has_another_tag_after_a_restart()
    {
        var before = (await _host.GetAsync("/")).Header("ETag")!;
        _page.Write("index.html", "another start");

        await using var restarted = await _host.RestartAsync(("Page:Directory", _page.Path));
        var after = await restarted.SendAsync(HttpMethod.Get, "/", headers: ("If-None-Match", before));

        Assert.Equal("another start", after.Expect(HttpStatusCode.OK).Body);
    }

    [Theory]
    [InlineData("gzip, deflate, br, zstd", "br", "the script by brotli")]
    [InlineData("br, gzip", "br", "the script by brotli")]
    [InlineData("gzip", "gzip", "the script by gzip")]
    [InlineData("br;q=0.5, gzip", "gzip", "the script by gzip")]
    [InlineData("br;q=0, gzip", "gzip", "the script by gzip")]
    [InlineData("br;q=0", null, "the script")]
    [InlineData("zstd", null, "the script")]
    [InlineData("identity", null, "the script")]
    [InlineData("", null, "the script")]
    public async Task The_encoding_is_the_smallest_that_the_browser_likes_best(string accepted, string? encoding, string content)
    {
        var answer = (await AskAsync(HttpMethod.Get, Script, ("Accept-Encoding", accepted))).Expect(HttpStatusCode.OK);

        Assert.Equal((encoding, content), (answer.Header("Content-Encoding"), answer.Body));
        Assert.Equal("Accept-Encoding", answer.Header("Vary"));
        Assert.Equal("text/javascript; charset=utf-8", answer.Header("Content-Type"));
    }

    [Fact]
    public async Task Each_encoding_has_a_strong_tag_of_its_own()
    {
        var tags = new HashSet<string?>();
        foreach (var encoding in (string[])["br", "gzip", "identity"])
            tags.Add((await AskAsync(HttpMethod.Get, Script, ("Accept-Encoding", encoding))).Header("ETag"));

        Assert.Equal(3, tags.Count);
        Assert.All(tags, tag => Assert.StartsWith("\"", tag, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_without_twins_is_sent_as_it_is()
    {
        var answer = await AskAsync(HttpMethod.Get, "/", ("Accept-Encoding", "br, gzip"));

        Assert.Equal(("the start", null, null), (answer.Body, answer.Header("Content-Encoding"), answer.Header("Vary")));
    }

    [Fact]
    public async Task Asked_for_the_head_alone_it_tells_the_length_and_the_tag()
    {
        var got = await _host.GetAsync("/");

        var answer = (await AskAsync(HttpMethod.Head, "/")).Expect(HttpStatusCode.OK);

        Assert.Equal(("", "9", got.Header("ETag")), (answer.Body, answer.Header("Content-Length"), answer.Header("ETag")));
    }

    [Theory]
    [InlineData("/assets/index-00000000.js")]
    [InlineData("/assets/")]
    [InlineData("/assets/index-B78mKYK0.js.br")]
    [InlineData("/c/dm:alice:bob")]
    [InlineData("/page/index.html")]
    public async Task What_the_page_does_not_have_is_not_found(string path) =>
        (await _host.GetAsync(path)).ExpectProblem(HttpStatusCode.NotFound, "not_found");

    [Theory]
    [InlineData("/../secret.txt")]
    [InlineData("/%2e%2e/secret.txt")]
    [InlineData("/..%2fsecret.txt")]
    [InlineData("/..%5csecret.txt")]
    [InlineData("/assets/../../secret.txt")]
    [InlineData("/assets/..%2f..%2fsecret.txt")]
    [InlineData("//etc/hostname")]
    public async Task No_path_leads_out_of_the_page_s_folder(string path)
    {
        // By hand: a client would tidy the path up.
        var address = new Uri((await _host.ServiceAsync<IServer>()).Features.Get<IServerAddressesFeature>()!.Addresses.First());
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port, TestContext.Current.CancellationToken);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: chat\r\nConnection: close\r\n\r\n"), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream);

        var answer = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);

        Assert.StartsWith("HTTP/1.1 404 ", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("the secret", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_is_no_part_of_the_described_interface()
    {
        var description = (await _host.GetAsync("/openapi/v1.json")).Expect(HttpStatusCode.OK);

        Assert.All(description.Json.GetProperty("paths").EnumerateObject(), path => Assert.StartsWith("/v1/", path.Name, StringComparison.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _page.Dispose();
    }

    private Task<Answer> AskAsync(HttpMethod method, string path, params (string, string)[] headers) => _host.SendAsync(method, path, headers: headers);
}
