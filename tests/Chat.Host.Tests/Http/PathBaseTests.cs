using System.Net;
using System.Text.Json;
using Chat.Host.Tests.WebClient;
using Chat.Host.Tests.Running;

namespace Chat.Host.Tests.Http;

/// <summary>The server behind a proxy that gives it a path: passed on as it came, or cut off.</summary>
public sealed class PathBaseTests : IAsyncDisposable
{
    private readonly WebClientFolder _page = WebClientFolder.Built();
    private readonly TestHost _host;

    public PathBaseTests() => _host = new TestHost(("Page:Directory", _page.Path), ("Http:PathBase", "/chat"));

    [Theory]
    [InlineData("/chat")]
    [InlineData("")]
    public async Task Everything_is_there_with_the_path_and_without(string path)
    {
        var token = (await _host.PostAsync($"{path}/v1/auth/register", new { userId = "alice", password = TestHost.Password, deviceId = "phone" })).AccessToken;

        Assert.Equal("the start", (await _host.GetAsync($"{path}/")).Expect(HttpStatusCode.OK).Body);
        Assert.Equal("<svg/>", (await _host.GetAsync($"{path}/icon.svg")).Expect(HttpStatusCode.OK).Body);
        (await _host.GetAsync($"{path}/v1/devices", token)).Expect(HttpStatusCode.OK);
        (await _host.GetAsync($"{path}/health/live")).Expect(HttpStatusCode.OK);
        (await _host.SendAsync(HttpMethod.Post, $"{path}/hub/negotiate?negotiateVersion=1", token)).Expect(HttpStatusCode.OK);
        Assert.Contains("WebSocket upgrades only", (await _host.GetAsync($"{path}/ws", token)).Expect(HttpStatusCode.BadRequest).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_its_slash_the_path_leads_to_the_page()
    {
        var answer = (await _host.GetAsync("/chat?from=a-link")).Expect(HttpStatusCode.Found);

        Assert.Equal("/chat/?from=a-link", answer.Header("Location"));
    }

    [Fact]
    public async Task Only_whole_segments_are_the_path() => (await _host.GetAsync("/chatter/")).Expect(HttpStatusCode.NotFound);

    [Fact]
    public async Task The_description_of_the_interface_names_the_path()
    {
        using var description = JsonDocument.Parse((await _host.GetAsync("/chat/openapi/v1.json")).Expect(HttpStatusCode.OK).Body);

        Assert.EndsWith("/chat", description.RootElement.GetProperty("servers")[0].GetProperty("url").GetString()!.TrimEnd('/'), StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _page.Dispose();
    }
}
