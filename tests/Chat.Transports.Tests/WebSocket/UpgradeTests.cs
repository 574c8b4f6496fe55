using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json;
using Chat.Modules.Delivery.Contracts;
using Chat.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Transports.Tests.WebSocket;

public sealed class UpgradeTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_a_token_the_upgrade_is_refused()
    {
        await using var host = await TransportHost.OpenAsync();
        using var socket = new ClientWebSocket { Options = { CollectHttpResponseDetails = true } };

        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(new Uri($"ws://{host.Address.Authority}/ws"), Ct));

        Assert.Equal(HttpStatusCode.Unauthorized, socket.HttpStatusCode);
    }

    [Fact]
    public async Task HTTP_2_opens_a_connection_too()
    {
        await using var host = await TransportHost.OpenAsync(null, ("Http2", "true"));
        using var socket = new ClientWebSocket { Options = { HttpVersion = HttpVersion.Version20, HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact } };
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        await socket.ConnectAsync(new Uri($"ws://{host.Address.Authority}/ws?access_token={TransportHost.Token()}"), http, Ct);
        await using var client = new SocketClient(socket);

        Assert.StartsWith("""{"type":"welcome",""", await client.NextAsync(), StringComparison.Ordinal);
        Assert.Equal("""{"type":"pong"}""", await client.AskAsync("""{"type":"ping"}"""));
        (await host.Connections.FirstAsync()).Connection.Close(CloseReason.Replaced);
        Assert.Equal("4000 replaced", await client.CloseOfServerAsync());
    }

    [Fact]
    public async Task The_request_ends_while_its_connection_lives_on()
    {
        await using var host = await TransportHost.OpenAsync();
        await using var client = await host.ConnectAsync();

        await Wait.UntilAsync(() => host.Requests == 0, "the request has ended");

        Assert.StartsWith("""{"type":"welcome",""", await client.NextAsync(), StringComparison.Ordinal);
        Assert.Equal("""{"type":"pong"}""", await client.AskAsync("""{"type":"ping"}"""));
    }

    [Fact]
    public async Task What_a_client_sends_before_it_has_the_handshakes_answer_is_read()
    {
        await using var host = await TransportHost.OpenAsync();
        await using var client = await RawClient.ConnectAsync(host.Address, RawClient.Frame(0x81, """{"type":"ping"}"""u8));

        Assert.StartsWith("""81-{"type":"welcome",""", await client.NextAsync(), StringComparison.Ordinal);
        Assert.Equal("""81-{"type":"pong"}""", await client.NextAsync());
    }

    [Fact]
    public async Task A_connection_that_breaks_right_after_its_handshake_is_detached()
    {
        await using var host = await TransportHost.OpenAsync();
        await using (await RawClient.ConnectAsync(host.Address))
        {
        }

        await (await host.Connections.FirstAsync()).Detached;
    }

    [Fact]
    public async Task TLS_hides_what_is_said()
    {
        await using var host = await TransportHost.OpenAsync(null, ("Tls", "true"));
        using var socket = new ClientWebSocket();
        socket.Options.RemoteCertificateValidationCallback = (_, shown, _, _) => shown!.Equals(TransportHost.Certificate);
        await socket.ConnectAsync(new Uri($"wss://{host.Address.Authority}/ws?access_token={TransportHost.Token()}"), Ct);
        await using var client = new SocketClient(socket);

        Assert.StartsWith("""{"type":"welcome",""", await client.NextAsync(), StringComparison.Ordinal);
        Assert.Equal("""{"type":"pong"}""", await client.AskAsync("""{"type":"ping"}"""));
        // Its bytes are the request's to decode.
        Assert.Equal(1, host.Requests);
        (await host.Connections.FirstAsync()).Connection.Close(CloseReason.Replaced);
        Assert.Equal("4000 replaced", await client.CloseOfServerAsync());
    }

    [Fact]
    public async Task A_server_that_takes_no_connections_says_so_before_the_upgrade()
    {
        await using var host = await TransportHost.OpenAsync();
        host.Connections.IsAccepting = false;
        using var socket = new ClientWebSocket { Options = { CollectHttpResponseDetails = true } };

        await Assert.ThrowsAsync<WebSocketException>(
            () => socket.ConnectAsync(new Uri($"ws://{host.Address.Authority}/ws?access_token={TransportHost.Token()}"), Ct));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, socket.HttpStatusCode);
        Assert.Equal(["2"], socket.HttpResponseHeaders!["Retry-After"]);
    }

    [Fact]
    public async Task A_user_opens_so_many_connections_a_minute_through_both_transports_together()
    {
        var clock = new FakeTimeProvider();
        await using var host = await TransportHost.OpenAsync(clock, ("RateLimits:ConnectsPerMinute", "2"));
        using var http = new HttpClient { BaseAddress = host.Address };
        await using var first = await host.ConnectAsync();
        using var second = await NegotiateAsync("laptop");

        using var third = await NegotiateAsync("tablet");
        using var socket = new ClientWebSocket { Options = { CollectHttpResponseDetails = true } };
        await Assert.ThrowsAsync<WebSocketException>(
            () => socket.ConnectAsync(new Uri($"ws://{host.Address.Authority}/ws?access_token={TransportHost.Token()}"), Ct));

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.TooManyRequests), (second.StatusCode, third.StatusCode));
        Assert.Equal((HttpStatusCode.TooManyRequests, "30"), (socket.HttpStatusCode, socket.HttpResponseHeaders!["Retry-After"].Single()));
        await using var others = await host.ConnectAsync(TransportHost.Token("bob"));
        clock.Advance(TimeSpan.FromSeconds(30));
        await using var later = await host.ConnectAsync();

        Task<HttpResponseMessage> NegotiateAsync(string device) =>
            http.PostAsync(new Uri($"/hub/negotiate?negotiateVersion=1&access_token={TransportHost.Token(device: device)}", UriKind.Relative), null, Ct);
    }

    [Fact]
    public async Task A_server_that_fills_up_during_the_upgrade_closes_as_going_away()
    {
        await using var host = await TransportHost.OpenAsync();
        host.Connections.RefusesLate = true;
        await using var client = await host.ConnectAsync();

        Assert.Equal("1001 going away", await client.CloseOfServerAsync());
    }

    [Fact]
    public async Task A_plain_request_is_a_bad_request()
    {
        await using var host = await TransportHost.OpenAsync();
        using var http = new HttpClient { BaseAddress = host.Address };

        using var response = await http.GetAsync(new Uri($"/ws?access_token={TransportHost.Token()}", UriKind.Relative), Ct);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("bad_request", (await response.Content.ReadFromJsonAsync<JsonElement>(Ct)).GetProperty("code").GetString());
    }
}
