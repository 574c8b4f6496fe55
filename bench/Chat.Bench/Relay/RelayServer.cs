using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;

namespace Chat.Bench.Relay;

/// <summary>
/// The yardstick: the least that a chat server on Kestrel's WebSockets can do. It parses a message, gives it a number, sends it
/// to the other user of the direct conversation, or the other members of the group, and acks it. No storage, no membership, no accounts, no receipts.
/// </summary>
internal sealed class RelayServer
{
    private readonly ConcurrentDictionary<string, RelayConnection> connections = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, RelayConnection>.AlternateLookup<ReadOnlySpan<char>> byUser;
    private readonly ConcurrentDictionary<string, string[]> groups = new(StringComparer.Ordinal);
    private long lastSeqNo;

    private RelayServer() => byUser = connections.GetAlternateLookup<ReadOnlySpan<char>>();

    public static async Task<int> RunAsync(Arguments arguments)
    {
        var port = arguments.Int("--port", fallback: 0, min: 0);

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.UseUrls($"{(arguments.Flag("--tls") ? "https" : "http")}://127.0.0.1:{port}");
        arguments.RefuseUnknown();
        var relay = new RelayServer();
        builder.Services.AddSingleton(relay);
        builder.Services.AddSignalR();
        var app = builder.Build();
        app.UseWebSockets();
        app.MapGet("/ws", relay.AcceptAsync);
        app.MapPost("/v1/groups", relay.MakeGroupAsync);
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

    /// <summary>The users on the hub.</summary>
    public ConcurrentDictionary<string, IClientProxy> OnHub { get; } = new(StringComparer.Ordinal);

    /// <summary>All but the sender; none of a conversation that is not known.</summary>
    public IEnumerable<string> ReceiversOf(string conversation, string sender) =>
        (groups.TryGetValue(conversation, out var members) ? members : conversation.StartsWith("dm:", StringComparison.Ordinal) ? conversation[3..].Split(':') : [])
        .Where(member => member != sender);

    /// <summary>In a group several write at once; in a direct conversation the generator's users do not care.</summary>
    public object GateOf(string conversation) => groups.TryGetValue(conversation, out var members) ? members : new object();

    private async Task MakeGroupAsync(HttpContext http)
    {
        using var body = await JsonDocument.ParseAsync(http.Request.Body);
        var id = $"g:{Guid.CreateVersion7():N}";
        groups[id] = [http.Request.Query["user"].ToString(), .. body.RootElement.GetProperty("members").EnumerateArray().Select(member => member.GetString()!)];
        await http.Response.WriteAsync($$"""{"conversationId":"{{id}}"}""");
    }

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
        connection.Send(RelayFrame.CaughtUp);
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
