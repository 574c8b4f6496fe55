using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Chat.Bench.Tests;

internal enum HostFault { None, LosesTheTenth, RepeatsTheTenth, RefusesTheTenth, TurnsTheNumbersBack }

/// <summary>As much of the client protocol as the generator uses, in memory: accounts, groups, welcome, caughtUp, messages, acks, receipts.</summary>
internal sealed class HostStandIn : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly HostFault fault;
    private readonly ConcurrentDictionary<string, bool> accounts = new();
    private readonly ConcurrentDictionary<string, Connection> connections = new();
    private readonly ConcurrentDictionary<string, string[]> groups = new();
    private readonly Dictionary<string, List<string>> waiting = [];     // for who is away; under oneByOne, as all below
    private readonly Dictionary<string, string> lastSenders = [];       // under oneByOne, as the counters below
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
    /// <summary>Messages whose sender had sent the one before in that conversation, too.</summary>
    public int TwiceTheSameSender { get; private set; }

    /// <summary>Who has acked anything in a group.</summary>
    public HashSet<string> InGroups { get; } = [];

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
        "/v1/groups" => MakeGroupAsync(http),
        "/metrics" => http.Response.WriteAsync("a_metric{kind=\"x\"} 1.5\na_metric{kind=\"y\"} 2\na_metric_of_others 4\n"),
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

    private async Task MakeGroupAsync(HttpContext http)
    {
        var members = (await JsonNode.ParseAsync(http.Request.Body))!["members"]!.AsArray().Select(member => member!.ToString());
        var id = $"g:{Guid.CreateVersion7():N}";
        string[] all = [UserOf(http), .. members];
        groups[id] = all;
        foreach (var member in all)
            await SendAsync(member, keep: true, $$"""{"type":"change","messageId":"n","conversationId":"{{id}}","seqNo":1,"senderId":"{{all[0]}}","timestamp":1,"kind":"notice","what":"created"}""");
        await http.Response.WriteAsync($$"""{"conversationId":"{{id}}"}""");
    }

    private static string UserOf(HttpContext http) => http.Request.Headers.Authorization.ToString()["Bearer token-of-".Length..];

    /// <summary>Ends all connections without a word.</summary>
    public void AbortAll()
    {
        foreach (var connection in connections.Values)
            connection.Abort();
    }

    private async Task ServeAsync(HttpContext http)
    {
        var user = UserOf(http);
        using var socket = await http.WebSockets.AcceptWebSocketAsync();
        var connection = new Connection(socket, http);
        await connection.SendAsync($$"""{"type":"welcome","userId":"{{user}}","deviceId":"bench","serverTime":1,"epoch":"e"}""");
        await oneByOne.WaitAsync(http.RequestAborted);
        try
        {
            connections[user] = connection;
            foreach (var message in waiting.Remove(user, out var kept) ? kept : [])
                await connection.SendAsync(message);
            await connection.SendAsync("""{"type":"caughtUp"}""");
        }
        finally
        {
            oneByOne.Release();
        }

        var buffer = new byte[4096];
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(), http.RequestAborted);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                connections.TryRemove(KeyValuePair.Create(user, connection));
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, http.RequestAborted);
                return;
            }

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
        var members = groups.TryGetValue(conversation, out var group) ? group : conversation.Split(':')[1..];
        var others = members.Where(member => member != user).ToArray();
        if (frame["type"]!.ToString() == "ack")
        {
            Interlocked.Increment(ref deliveredAcks);
            if (group is not null)
                InGroups.Add(user);
            foreach (var other in others)
                await SendAsync(other, keep: false, $$"""{"type":"ack","conversationId":"{{conversation}}","messageId":"m","seqNo":{{frame["seqNo"]}},"userId":"{{user}}","status":"delivered"}""");
            return;
        }

        if (lastSenders.TryGetValue(conversation, out var last) && last == user)
            TwiceTheSameSender++;
        lastSenders[conversation] = user;
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
        foreach (var other in others.Skip(isTenth && fault == HostFault.LosesTheTenth ? 1 : 0))
            await SendAsync(other, keep: true, message);
        if (isTenth && fault == HostFault.RepeatsTheTenth)
            await SendAsync(others[0], keep: true, message);
    }

    private async Task SendAsync(string user, bool keep, string frame)
    {
        if (connections.TryGetValue(user, out var connection))
            await connection.SendAsync(frame);
        else if (keep)
            (CollectionsMarshal.GetValueRefOrAddDefault(waiting, user, out _) ??= []).Add(frame);
    }

    private sealed class Connection(WebSocket socket, HttpContext http)
    {
        public void Abort() => http.Abort();

        public Task SendAsync(string json) => socket.SendAsync(Encoding.UTF8.GetBytes(json), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
    }
}
