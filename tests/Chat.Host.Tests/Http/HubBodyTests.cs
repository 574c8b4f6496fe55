using System.Net;
using System.Net.Sockets;
using System.Text;
using Chat.Host.Tests.Running;

namespace Chat.Host.Tests.Http;

public sealed class HubBodyTests : IAsyncDisposable
{
    private readonly TestHost _host = new(("Http:MinBytesPerSecond", "4096"));

    [Fact]
    public async Task A_body_that_comes_too_slowly_ends_its_connection()
    {
        var token = (await _host.RegisterAsync("alice")).Expect(HttpStatusCode.Created).AccessToken;
        var negotiated = (await _host.SendAsync(HttpMethod.Post, "/hub/negotiate?negotiateVersion=1", token)).Expect(HttpStatusCode.OK);
        var id = negotiated.Json.GetProperty("connectionToken").GetString();
        var server = await _host.AddressAsync();
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(60));
        await socket.ConnectAsync(server.Host, server.Port, deadline.Token);

        await socket.SendAsync(
            Encoding.ASCII.GetBytes($"POST /hub?id={id} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Length: 1000\r\n\r\n{{"),
            deadline.Token);

        var answer = new byte[4096];
        while (await socket.ReceiveAsync(answer, deadline.Token) > 0)
        {
            // What it is told before the end.
        }
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();
}
