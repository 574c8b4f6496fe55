using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Chat.Bench.Tests;

internal enum HostFault { None, LosesTheTenth, RepeatsTheTenth, RefusesTheTenth, TurnsTheNumbersBack }

/// <summary>As much of the client protocol as the generator uses, in memory: accounts, welcome, caughtUp, messages, acks, receipts.</summary>
internal sealed class HostStandIn : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly HostFault fault;
    private readonly ConcurrentDictionary<string, bool> accounts = new();
    private readonly ConcurrentDictionary<string, Connection> connections = new();
    private readonly SemaphoreSlim oneByOne = new(1);
    private int messages;
    private int deliveredAcks;

    private HostStandIn(HostFault fault)
    {
        this.fault = fault;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.UseWebSockets();
        app.Run(HandleAsync);
    }

    public string Address => app.Urls.Single();
    public int DeliveredAcks => Volatile.Read(ref deliveredAcks);

    public static async Task<HostStandIn> StartAsync(HostFault fault = HostFault.None)
    {
        var host = new HostStandIn(fault);
        await host.app.StartAsync(TestContext.Current.CancellationToken);
        return host;
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        oneByOne.Dispose();
    }

    private Task HandleAsync(HttpContext http) => http.Request.Path.Value switch
    {
        "/v1/auth/register" => GiveTokenAsync(http, mustBeNew: true),
        "/v1/auth/login" => GiveTokenAsync(http, mustBeNew: false),
        _ => ServeAsync(http),
    };

    private async Task GiveTokenAsync(HttpContext http, bool mustBeNew)
    {
        var user = (await JsonNode.ParseAsync(http.Request.Body))!["userId"]!.ToString();
        if (!accounts.TryAdd(user, true) && mustBeNew)
            http.Response.StatusCode = StatusCodes.Status409Conflict;
        else
            await http.Response.WriteAsync($$"""{"accessToken":"token-of-{{user}}","refreshToken":"r","expiresIn":900}""");
    }

    private async Task ServeAsync(HttpContext http)
    {
        var user = http.Request.Headers.Authorization.ToString()["Bearer token-of-".Length..];
        using var socket = await http.WebSockets.AcceptWebSocketAsync();
        var connection = connections[user] = new Connection(socket);
        await connection.SendAsync($$"""{"type":"welcome","userId":"{{user}}","deviceId":"bench","serverTime":1,"epoch":"e"}""");
        await connection.SendAsync("""{"type":"caughtUp"}""");
        var buffer = new byte[4096];
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(), http.RequestAborted);
            if (received.MessageType == WebSocketMessageType.Close)
                return;

            await oneByOne.WaitAsync(http.RequestAborted);
            try
            {
                await OnFrameAsync(user, connection, JsonNode.Parse(buffer.AsSpan(0, received.Count))!);
            }
            finally
            {
                oneByOne.Release();
            }
        }
    }

    private async Task OnFrameAsync(string user, Connection connection, JsonNode frame)
    {
        var conversation = (frame["to"] ?? frame["conversationId"])!.ToString();
        var other = connections[conversation.Split(':').Single(part => part != "dm" && part != user)];
        if (frame["type"]!.ToString() == "ack")
        {
            Interlocked.Increment(ref deliveredAcks);
            await other.SendAsync($$"""{"type":"ack","conversationId":"{{conversation}}","messageId":"m","seqNo":{{frame["seqNo"]}},"userId":"{{user}}","status":"delivered"}""");
            return;
        }

        var number = ++messages;
        var isTenth = number == 10;
        if (isTenth && fault == HostFault.RefusesTheTenth)
        {
            await connection.SendAsync($$"""{"type":"error","code":"unavailable","message":"no","clientMsgId":"{{frame["clientMsgId"]}}"}""");
            return;
        }

        var seqNo = fault == HostFault.TurnsTheNumbersBack ? 1_000_000 - number : number;
        var message = $$"""{"type":"message","messageId":"m","conversationId":"{{conversation}}","seqNo":{{seqNo}},"senderId":"{{user}}","text":"{{frame["text"]}}","timestamp":1}""";
        await connection.SendAsync($$"""{"type":"ack","clientMsgId":"{{frame["clientMsgId"]}}","messageId":"m","conversationId":"{{conversation}}","seqNo":{{seqNo}},"timestamp":1,"status":"sent"}""");
        if (!(isTenth && fault == HostFault.LosesTheTenth))
            await other.SendAsync(message);
        if (isTenth && fault == HostFault.RepeatsTheTenth)
            await other.SendAsync(message);
    }

    private sealed class Connection(WebSocket socket)
    {
        public Task SendAsync(string json) => socket.SendAsync(Encoding.UTF8.GetBytes(json), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
    }
}
