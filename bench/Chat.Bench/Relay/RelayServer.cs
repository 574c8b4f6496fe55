using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;

namespace Chat.Bench.Relay;

/// <summary>
/// The yardstick: the least that a chat server on Kestrel's WebSockets can do. It parses a message, gives it a number, sends it
/// to the other user of the direct conversation and acks it. No storage, no membership, no accounts, no receipts.
/// </summary>
internal sealed class RelayServer
{
    private readonly ConcurrentDictionary<string, RelayConnection> connections = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, RelayConnection>.AlternateLookup<ReadOnlySpan<char>> byUser;
    private long lastSeqNo;

    private RelayServer() => byUser = connections.GetAlternateLookup<ReadOnlySpan<char>>();

    public static async Task<int> RunAsync(Arguments arguments)
    {
        var port = arguments.Int("--port", fallback: 0, min: 0);
        arguments.RefuseUnknown();

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.Services.AddSignalR();
        var app = builder.Build();
        app.UseWebSockets();
        var relay = new RelayServer();
        app.MapGet("/ws", relay.AcceptAsync);
        app.MapHub<BareHub>("/hub");
        app.MapGet("/health/ready", () => Results.Ok());
        await app.StartAsync();
        Console.WriteLine($"Relay on {app.Urls.Single()}, process {Environment.ProcessId}");
        await app.WaitForShutdownAsync();
        return 0;
    }

    /// <summary>One counter serves all conversations: within each it only rises, which is all that a seqNo promises.</summary>
    public long NextSeqNo() => Interlocked.Increment(ref lastSeqNo);

    public RelayConnection? Find(ReadOnlySpan<char> user) => byUser.TryGetValue(user, out var connection) ? connection : null;

    private async Task AcceptAsync(HttpContext http)
    {
        var user = http.Request.Query["user"].ToString();
        if (!http.WebSockets.IsWebSocketRequest || user.Length == 0)
        {
            http.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        using var socket = await http.WebSockets.AcceptWebSocketAsync();
        var connection = new RelayConnection(this, user, socket);
        connections[user] = connection;
        try
        {
            await connection.RunAsync(http.RequestAborted);
        }
        finally
        {
            connections.TryRemove(KeyValuePair.Create(user, connection));
        }
    }
}

/// <summary>A hub that does nothing: what SignalR itself costs.</summary>
internal sealed class BareHub : Hub;
