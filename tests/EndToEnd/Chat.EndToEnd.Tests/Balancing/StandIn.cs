using System.Collections.Concurrent;
using System.Globalization;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using Chat.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Chat.EndToEnd.Tests.Balancing;

/// <summary>
/// A server that answers as Chat does where a load balancer looks: readiness, refusals of one that is leaving, the hub's connection ids. Each answer
/// names the server in <see cref="NameHeader"/>; a WebSocket says its name first and then repeats what it hears.
/// </summary>
internal sealed class StandIn(string name) : IAsyncDisposable
{
    public const string NameHeader = "X-Server";

    private readonly ConcurrentDictionary<string, Channel<string>> _connections = new();
    private WebApplication? _app;

    public string Name => name;

    public BalancedServer Place { get; } = new(FreePort.Next(), FreePort.Next());

    /// <summary>Takes no new connections.</summary>
    public bool IsLeaving { get; set; }

    /// <summary>What its readiness says.</summary>
    public bool IsReady { get; set; } = true;

    /// <summary>The requests that came, as method and path.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    public async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(
            string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Place.Port}"),
            string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Place.OperationsPort}"));
        _app = builder.Build();
        _app.UseWebSockets();
        _app.Run(AnswerAsync);
        await _app.StartAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>As a process that is killed: its port refuses, its connections break.</summary>
    public async Task KillAsync()
    {
        if (_app is null)
            return;
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
        _app = null;
    }

    /// <summary>Sends an event to the stream of a hub connection.</summary>
    public void Push(string id, string text) => _connections[id].Writer.TryWrite(text);

    public async ValueTask DisposeAsync() => await KillAsync();

    private Task AnswerAsync(HttpContext context)
    {
        var (request, id) = (context.Request, context.Request.Query["id"].ToString());
        if (context.Connection.LocalPort == Place.OperationsPort)
            return AnswerAsync(context, IsReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, "");
        Requests.Enqueue($"{request.Method} {request.Path}");
        return request.Path.Value switch
        {
            "/ws" or "/hub/negotiate" when IsLeaving => AnswerAsync(context, StatusCodes.Status503ServiceUnavailable, "leaving"),
            "/hub/negotiate" => AnswerAsync(context, StatusCodes.Status200OK, NewConnection()),
            "/hub" when !_connections.ContainsKey(id) => AnswerAsync(context, StatusCodes.Status403Forbidden, "not mine"),
            "/hub" when HttpMethods.IsGet(request.Method) && !context.WebSockets.IsWebSocketRequest => StreamAsync(context, id),
            "/ws" or "/hub" when context.WebSockets.IsWebSocketRequest => EchoAsync(context),
            "/break" => BreakAsync(context),
            _ => AnswerAsync(context, StatusCodes.Status200OK, string.Join('\n', request.Headers.Select(header => $"{header.Key.ToLowerInvariant()}: {header.Value}"))),
        };
    }

    private string NewConnection()
    {
        var id = RandomNumberGenerator.GetHexString(32);
        _connections[id] = Channel.CreateUnbounded<string>();
        return id;
    }

    private Task AnswerAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.Headers[NameHeader] = name;
        return context.Response.WriteAsync(text);
    }

    private async Task StreamAsync(HttpContext context, string id)
    {
        context.Response.Headers[NameHeader] = name;
        context.Response.ContentType = "text/event-stream";
        await context.Response.Body.FlushAsync(context.RequestAborted);
        await foreach (var text in _connections[id].Reader.ReadAllAsync(context.RequestAborted))
            await context.Response.WriteAsync($"{text}\n", context.RequestAborted);
    }

    private async Task EchoAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        await socket.SendAsync(Encoding.UTF8.GetBytes(name), WebSocketMessageType.Text, true, context.RequestAborted);
        var buffer = new byte[1024];
        while (await socket.ReceiveAsync(buffer, context.RequestAborted) is { MessageType: not WebSocketMessageType.Close } part)
            await socket.SendAsync(buffer.AsMemory(0, part.Count), WebSocketMessageType.Text, true, context.RequestAborted);
    }

    /// <summary>Reads the whole request, and breaks the connection in the place of an answer.</summary>
    private static async Task BreakAsync(HttpContext context)
    {
        await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
        context.Abort();
    }
}
