using System.Net.WebSockets;
using System.Text;
using Chat.BuildingBlocks.Errors;
using Chat.Modules.Delivery.Contracts;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Transports.Tests.SignalR;

/// <summary>What SignalR answers by itself counts, too.</summary>
public sealed class HubFloodTests : IAsyncDisposable
{
    private TransportHost? _host;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("""{"type":6}""", false)]
    [InlineData("""{"type":1,"target":"Nothing","arguments":[]}""", false)]
    [InlineData("""{"type":1,"invocationId":"1","target":"Nothing","arguments":[]}""", true)]
    [InlineData("""{"type":1,"invocationId":"1","target":"Ack","arguments":[]}""", true)]
    [InlineData("""{"type":4,"invocationId":"1","target":"Ack","arguments":[{}]}""", true)]
    [InlineData("""{"type":5,"invocationId":"1"}""", false)]
    [InlineData("""{"type":42}""", false)]
    public async Task A_flood_of_what_no_method_answers_ends_the_connection(string message, bool isAnswered)
    {
        _host = await TransportHost.OpenAsync(new FakeTimeProvider(), ("UncountedFramesPerSecond", "1"));
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://{_host.Address.Authority}/hub?access_token={TransportHost.Token()}"), Ct);
        await SendAsync("{\"protocol\":\"json\",\"version\":1}\u001e");

        for (var i = 0; i < 20; i++)
            await SendAsync(message + "\u001e");

        var received = await ReadToCloseAsync(socket);
        Assert.Contains("""{"type":7,"error":"rate_limited: """, received, StringComparison.Ordinal);
        Assert.Equal(isAnswered, received.Contains("HubException: rate_limited: ", StringComparison.Ordinal));
        await (await _host.Connections.FirstAsync()).Detached;

        Task SendAsync(string text) => socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, Ct);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_flood_of_calls_is_rate_limited_and_then_ends_the_connection(bool messagePack)
    {
        _host = await TransportHost.OpenAsync(new FakeTimeProvider(), ("FramesPerSecond", "10"));
        _host.Mediator.Answer<Acknowledge, Result<Done>>(_ => default(Done));
        await using var client = new HubClient(_host.Address, messagePack);
        await client.StartAsync();
        var ack = new Dictionary<string, object> { ["conversationId"] = "dm:alice:bob", ["seqNo"] = 1, ["status"] = "read" };

        for (var i = 0; i < 100; i++)
            await client.CallAsync("Ack", ack);
        var refusal = await Assert.ThrowsAsync<HubException>(() => client.CallAsync("Ack", ack));
        for (var i = 0; i < 99; i++)
            await Record.ExceptionAsync(() => client.CallAsync("Ack", ack));

        Assert.Contains("HubException: rate_limited: ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("error: rate_limited: ", (await client.Closed)?.Message, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
            await _host.DisposeAsync();
    }

    private static async Task<string> ReadToCloseAsync(ClientWebSocket socket)
    {
        var received = new StringBuilder();
        var buffer = new byte[16 * 1024];
        try
        {
            while (await socket.ReceiveAsync(buffer, Ct) is { MessageType: not WebSocketMessageType.Close } part)
                received.Append(Encoding.UTF8.GetString(buffer, 0, part.Count));
        }
        catch (WebSocketException)
        {
            // The server ends the connection after its last word.
        }
        return received.ToString();
    }
}
