using System.Net;
using Chat.Host.Tests.Running;

namespace Chat.Host.Tests.Http;

public sealed class CacheTests : IAsyncDisposable
{
    private readonly TestHost _host = new();

    [Theory]
    [InlineData("/v1/devices", "no-store")]
    [InlineData("/v1/conversations", "no-store")]
    [InlineData("/v1/conversations/dm:alice:bob/messages", "no-store")]
    [InlineData("/v1/conversations/dm:bob:carol/messages", "no-store")]
    [InlineData("/v1/nothing", "no-store")]
    [InlineData("/health/live", "no-store, no-cache")]
    public async Task What_is_a_users_is_stored_nowhere_between(string path, string expected)
    {
        var token = (await _host.RegisterAsync("alice")).Expect(HttpStatusCode.Created).AccessToken;

        Assert.Equal(expected, (await _host.GetAsync(path, token)).Header("Cache-Control"));
    }

    [Fact]
    public async Task The_description_of_the_API_need_not_be_sent_again()
    {
        var answer = (await _host.GetAsync("/openapi/v1.json")).Expect(HttpStatusCode.OK);

        var again = await _host.SendAsync(HttpMethod.Get, "/openapi/v1.json", headers: ("If-None-Match", answer.Header("ETag")!));

        Assert.Equal((HttpStatusCode.NotModified, ""), (again.Status, again.Body));
        Assert.Equal("application/json; charset=utf-8", answer.Header("Content-Type"));
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();
}
