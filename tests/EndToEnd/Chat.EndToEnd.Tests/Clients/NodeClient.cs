using System.Text.Json;
using System.Text.Json.Nodes;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Clients;

/// <summary>A client of another make: conformance/client.mjs in node.</summary>
internal sealed class NodeClient : IChatClient
{
    private readonly NodeProgram _node;

    private NodeClient(Account account, string way) => _node = new NodeProgram(
        Folder, ["client.mjs", account.Server.Address.ToString(), way], frame => Received.Add(Frame.Parse(frame.ToJsonString())), Received.End);

    public FrameRecord Received { get; } = new();

    private static string Folder => Path.Combine(Repository.Root, "tests", "EndToEnd", "conformance");

    /// <param name="way">`ws`, or the hub's protocol and transport: `json/WebSockets`, `messagepack/LongPolling`, …</param>
    public static async Task<NodeClient> ConnectAsync(Account account, string way)
    {
        var client = new NodeClient(account, way);
        try
        {
            await client.CallAsync("Connect", new { token = account.AccessToken });
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>Skips the test when there is no node; installs the packages of the lock file when they are not there.</summary>
    public static async Task NeedAsync()
    {
        await Node.NeedAsync();
        await Node.InstallAsync(Folder);
    }

    public Task<JsonElement> SendMessageAsync(object message) => CallAsync("SendMessage", message);

    public Task AckAsync(object ack) => CallAsync("Ack", ack);

    public Task TypingAsync(object typing) => CallAsync("Typing", typing);

    public Task PresenceAsync(object presence) => CallAsync("Presence", presence);

    public Task<JsonElement> SyncAsync(object sync) => CallAsync("Sync", sync);

    public Task<JsonElement> AuthAsync(string token) => CallAsync("Auth", new { token });

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    private Task<JsonElement> CallAsync(string method, object request) =>
        _node.CallAsync(new JsonObject { ["method"] = method, ["request"] = JsonSerializer.SerializeToNode(request) });
}
