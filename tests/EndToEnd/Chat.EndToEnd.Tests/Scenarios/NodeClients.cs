using System.Text.Json;
using System.Text.Json.Nodes;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Scenarios;

/// <summary>The TypeScript library in node: clients/typescript/scenario/driver.ts.</summary>
internal sealed class NodeClients : IScriptedClients
{
    private readonly string _transport;
    private readonly NodeProgram _node;

    private NodeClients(string transport, string? authority)
    {
        _transport = transport;
        _node = new NodeProgram(Folder, [Path.Combine(".scenario", "scenario", "driver.js")], authority: authority);
    }

    // Once for all tests of this run.
    private static readonly Lazy<Task> _built = new(() => Node.RunAsync("npm", Folder, "run", "build:scenario"));

    private static string Folder => Path.Combine(Repository.Root, "clients", "typescript");

    /// <summary>Skips the test when there is no node; installs the lock file's packages when they are not there.</summary>
    /// <param name="transport">One of those in driver.ts.</param>
    /// <param name="authority">A PEM file of a certificate to trust.</param>
    public static async Task<IScriptedClients> StartAsync(string transport, string? authority = null)
    {
        await Node.NeedAsync();
        await Node.InstallAsync(Folder);
        await _built.Value;
        return new NodeClients(transport, authority);
    }

    public Task OpenAsync(string device, Uri server, SignIn signIn) => CallAsync("open", device, new()
    {
        ["url"] = server.ToString(),
        ["transport"] = _transport,
        ["userId"] = signIn.UserId,
        ["password"] = signIn.Password,
        ["register"] = signIn.Register,
    });

    public Task SendAsync(string device, string to, IReadOnlyList<string> texts) =>
        CallAsync("send", device, new() { ["to"] = to, ["texts"] = JsonSerializer.SerializeToNode(texts) });

    public async Task<string> CreateGroupAsync(string device, string title, IReadOnlyList<string> members) =>
        (await CallAsync("group", device, new() { ["title"] = title, ["members"] = JsonSerializer.SerializeToNode(members) })).GetString()!;

    public Task ReadAsync(string device, string conversationId) => CallAsync("read", device, new() { ["conversation"] = conversationId });

    public Task MuteAsync(string device, string conversationId, bool always) =>
        CallAsync("mute", device, new() { ["conversation"] = conversationId, ["to"] = always ? "always" : "never" });

    public async Task<string> ChangeAsync(string device, string conversationId, ScriptedChange change) => (await CallAsync("change", device, new()
    {
        ["conversation"] = conversationId, ["kind"] = change.Kind, ["from"] = change.From, ["nth"] = change.Nth, ["text"] = change.Text, ["emoji"] = change.Emoji,
        ["on"] = change.On,
    })).GetString()!;

    public Task ReloadAsync(string device) => CallAsync("reload", device, []);

    public Task ReadHistoryAsync(string device, string conversationId) => CallAsync("history", device, new() { ["conversation"] = conversationId });

    public async Task<DeviceState> StateAsync(string device) => (await CallAsync("state", device, [])).Deserialize<DeviceState>(DeviceState.Json)!;

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    private Task<JsonElement> CallAsync(string command, string device, JsonObject fields)
    {
        (fields["do"], fields["device"]) = (command, device);
        return _node.CallAsync(fields);
    }
}
