using System.Net;
using System.Net.Sockets;
using System.Text;
using Chat.Host.Tests.Running;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Chat.Host.Tests.Http;

public sealed class HeadTests : IAsyncDisposable
{
    private readonly TestHost _host = new();

    [Theory]
    [InlineData("/v1/devices")]
    [InlineData("/v1/conversations")]
    [InlineData("/health/live")]
    [InlineData("/metrics")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/docs/")]
    [InlineData("/v1/groups/g:0123456789abcdef0123456789abcdef")]
    [InlineData("/nowhere")]
    public async Task What_GET_answers_HEAD_answers_without_its_body(string path)
    {
        var token = (await _host.RegisterAsync("alice")).AccessToken;

        var get = await _host.GetAsync(path, token);
        var head = await _host.SendAsync(HttpMethod.Head, path, token);

        Assert.Equal((get.Status, get.Header("Content-Type")), (head.Status, head.Header("Content-Type")));
    }

    [Fact]
    public async Task Nothing_of_the_body_is_on_the_wire()
    {
        var address = new Uri((await _host.ServiceAsync<IServer>()).Features.Get<IServerAddressesFeature>()!.Addresses.First());
        using var socket = new TcpClient();
        await socket.ConnectAsync(address.Host, address.Port, TestContext.Current.CancellationToken);
        var stream = socket.GetStream();
        await stream.WriteAsync("HEAD /openapi/v1.json HTTP/1.1\r\nHost: chat\r\nConnection: close\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        var answer = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);

        Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n", answer, StringComparison.Ordinal);
        Assert.Equal(answer.Length - 4, answer.IndexOf("\r\n\r\n", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/v1/messages")]
    [InlineData("/hub")]
    [InlineData("/ws")]
    public async Task Where_nothing_is_to_be_read_there_is_no_HEAD(string path)
    {
        var token = (await _host.RegisterAsync("alice")).AccessToken;

        (await _host.SendAsync(HttpMethod.Head, path, token)).Expect(HttpStatusCode.MethodNotAllowed);
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();
}
