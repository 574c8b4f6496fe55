using System.Net;
using Chat.Host.Tests.Running;

namespace Chat.Host.Tests.WebClient;

/// <summary>A host that was built without Node.</summary>
public sealed class MissingWebClientTests : IAsyncDisposable
{
    private readonly TestHost _host = new(("Page:Directory", Path.Combine(Path.GetTempPath(), "chat-page-that-is-not-there")));

    [Fact]
    public async Task It_says_in_the_browser_what_to_do()
    {
        var answer = (await _host.GetAsync("/")).Expect(HttpStatusCode.NotFound);

        Assert.Equal("text/html; charset=utf-8", answer.Header("Content-Type"));
        Assert.Contains("build the server again where Node.js", answer.Body, StringComparison.Ordinal);
        Assert.Equal("default-src 'none'; frame-ancestors 'none'", answer.Header("Content-Security-Policy"));
    }

    [Fact]
    public async Task Its_interfaces_work_all_the_same()
    {
        (await _host.RegisterAsync("alice")).Expect(HttpStatusCode.Created);
        (await _host.GetAsync("/openapi/v1.json")).Expect(HttpStatusCode.OK);
        (await _host.GetAsync("/assets/index.js")).ExpectProblem(HttpStatusCode.NotFound, "not_found");
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();
}
