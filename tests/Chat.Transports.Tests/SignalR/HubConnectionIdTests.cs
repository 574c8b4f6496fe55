using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Testing;

namespace Chat.Transports.Tests.SignalR;

/// <summary>A connection's id stands in addresses, so others may know it. It is good for the device alone that negotiated it.</summary>
public sealed class HubConnectionIdTests : IAsyncDisposable
{
    private const string Handshake = "{\"protocol\":\"json\",\"version\":1}\u001e";
    private const string Call = "{\"type\":1,\"target\":\"SendMessage\",\"arguments\":[{\"to\":\"@carol\",\"text\":\"not mine\",\"clientMsgId\":\"c\"}]}\u001e";

    private static readonly string[] Ways = ["POST", "GET", "GET events", "GET socket", "DELETE"];

    private readonly ConcurrentQueue<SendMessage> _sent = new();
    private readonly HttpClient _http = new();
    private TransportHost? _host;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<int, string, string> Foreigners() => new(
        from version in (int[])[0, 1]
        from way in Ways
        from token in (string[])[TransportHost.Token(user: "mallory"), TransportHost.Token(device: "tablet")]
        select (version, way, token));

    [Theory, MemberData(nameof(Foreigners))]
    public async Task Another_device_is_forbidden_what_a_connections_id_names(int version, string way, string token)
    {
        var id = await ConnectAsync(version);

        var status = await AskAsync(way, id, token);

        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.Empty(_sent);
        Assert.False((await _host!.Connections.FirstAsync()).Detached.IsCompleted);
        Assert.Equal(HttpStatusCode.OK, await AskAsync("POST", id, TransportHost.Token()));
        await Wait.UntilAsync(() => !_sent.IsEmpty, "the owner's call arrives");
    }

    [Theory, InlineData("made-up"), InlineData("made-up.AAAAAAAAAAAAAAAAAAAAAA"), InlineData(".")]
    public async Task An_id_that_nobody_negotiated_is_forbidden(string id)
    {
        await ConnectAsync(1);

        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync("POST", id, TransportHost.Token()));
    }

    [Fact]
    public async Task The_owner_ends_its_connection()
    {
        var id = await ConnectAsync(1);

        Assert.Equal(HttpStatusCode.Accepted, await AskAsync("DELETE", id, TransportHost.Token()));

        await (await _host!.Connections.FirstAsync()).Detached;
    }

    [Fact]
    public async Task Requests_over_their_devices_rate_are_refused()
    {
        var id = await ConnectAsync(1);

        var answers = new List<HttpStatusCode>();
        while (answers.Count < 5000 && !answers.Contains(HttpStatusCode.TooManyRequests))
            answers.AddRange(await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => AskAsync("POST", id, TransportHost.Token(), ""))));

        Assert.Contains(HttpStatusCode.TooManyRequests, answers);
    }

    [Fact]
    public async Task Negotiations_over_their_devices_rate_are_refused()
    {
        _host = await TransportHost.OpenAsync();

        var answers = new List<HttpStatusCode>();
        while (answers.Count < 1000 && !answers.Contains(HttpStatusCode.TooManyRequests))
            answers.Add((await NegotiateAsync(1)).StatusCode);

        Assert.Contains(HttpStatusCode.TooManyRequests, answers);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_host is not null)
            await _host.DisposeAsync();
    }

    // By long polling, which leaves a connection without a request of its own.
    private async Task<string> ConnectAsync(int version)
    {
        _host = await TransportHost.OpenAsync();
        _host.Mediator.Answer<SendMessage, Result<SentMessage>>(send =>
        {
            _sent.Enqueue(send);
            return new SentMessage(default, send.To, new SeqNo(1), default, Duplicate: false);
        });
        using var answer = await NegotiateAsync(version);
        var negotiated = await answer.Content.ReadFromJsonAsync<JsonElement>(Ct);
        var id = negotiated.GetProperty(version == 0 ? "connectionId" : "connectionToken").GetString()!;
        Assert.Equal(HttpStatusCode.OK, await AskAsync("GET", id, TransportHost.Token()));
        Assert.Equal(HttpStatusCode.OK, await AskAsync("POST", id, TransportHost.Token(), Handshake));
        await _host.Connections.FirstAsync();
        return id;
    }

    private Task<HttpResponseMessage> NegotiateAsync(int version) => _http.PostAsync(
        new Uri(_host!.Address, $"/hub/negotiate?negotiateVersion={version}&access_token={TransportHost.Token()}"), null, Ct);

    private async Task<HttpStatusCode> AskAsync(string way, string id, string token, string body = Call)
    {
        var address = new Uri(_host!.Address, $"/hub?id={Uri.EscapeDataString(id)}&access_token={token}");
        if (way == "GET socket")
        {
            using var socket = new ClientWebSocket();
            socket.Options.CollectHttpResponseDetails = true;
            await Record.ExceptionAsync(() => socket.ConnectAsync(new UriBuilder(address) { Scheme = "ws" }.Uri, Ct));
            return socket.HttpStatusCode;
        }
        using var request = new HttpRequestMessage(HttpMethod.Parse(way.Split(' ')[0]), address);
        if (way == "GET events")
            request.Headers.Accept.ParseAdd("text/event-stream");
        if (way == "POST")
            request.Content = new StringContent(body, Encoding.UTF8, "text/plain");
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Ct);
        return response.StatusCode;
    }
}
