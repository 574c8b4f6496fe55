using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Scenarios;

/// <summary>The TypeScript library in node: clients/typescript/scenario/driver.ts, told what to do in lines of JSON.</summary>
internal sealed class NodeClients : IScriptedClients
{
    private readonly string _door;
    private readonly Process _process;
    private readonly ConcurrentDictionary<long, TaskCompletionSource<JsonElement>> _calls = new();
    private readonly Task _reading;
    private readonly Task<string> _errors;
    private long _lastCall;

    private NodeClients(Process process, string door)
    {
        _door = door;
        _process = process;
        _reading = ReadAsync();
        _errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
    }

    private static string Folder => Path.Combine(Repository.Root, "clients", "typescript");

    /// <summary>Skips the test when there is no node; installs the lock file's packages when they are not there.</summary>
    /// <param name="door"><c>signalr</c> or <c>websocket</c>.</param>
    public static async Task<IScriptedClients> StartAsync(string door)
    {
        await Node.NeedAsync();
        await Node.InstallAsync(Folder);
        await Node.RunAsync("npm", Folder, "run", "build:scenario");
        return new NodeClients(
            Process.Start(new ProcessStartInfo("node", [Path.Combine(".scenario", "scenario", "driver.js")])
            {
                WorkingDirectory = Folder,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!,
            door);
    }

    public Task OpenAsync(string device, Uri server, SignIn signIn) => CallAsync(
        "open", device, new() { ["url"] = server.ToString(), ["door"] = _door, ["userId"] = signIn.UserId, ["password"] = signIn.Password, ["register"] = signIn.Register });

    public Task SendAsync(string device, string to, IReadOnlyList<string> texts) =>
        CallAsync("send", device, new() { ["to"] = to, ["texts"] = JsonSerializer.SerializeToNode(texts) });

    public async Task<string> CreateGroupAsync(string device, string title, IReadOnlyList<string> members) =>
        (await CallAsync("group", device, new() { ["title"] = title, ["members"] = JsonSerializer.SerializeToNode(members) })).GetString()!;

    public Task ReadAsync(string device, string conversationId) => CallAsync("read", device, new() { ["conversation"] = conversationId });

    public Task ReloadAsync(string device) => CallAsync("reload", device, []);

    public Task ReadHistoryAsync(string device, string conversationId) => CallAsync("history", device, new() { ["conversation"] = conversationId });

    public async Task<DeviceState> StateAsync(string device) => (await CallAsync("state", device, [])).Deserialize<DeviceState>(DeviceState.Json)!;

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        await _reading;
        await _errors;
        _process.Dispose();
    }

    private async Task<JsonElement> CallAsync(string command, string device, JsonObject fields)
    {
        var id = Interlocked.Increment(ref _lastCall);
        var answer = _calls[id] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        (fields["id"], fields["do"], fields["device"]) = (id, command, device);
        lock (_process)
        {
            // Several devices may be asked at once.
            _process.StandardInput.WriteLine(fields.ToJsonString());
            _process.StandardInput.Flush();
        }

        return await answer.Task.WaitAsync(Until.Patience, TestContext.Current.CancellationToken);
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync(CancellationToken.None) is { } line)
        {
            var json = JsonNode.Parse(line)!;
            var call = _calls[json["id"]!.GetValue<long>()];
            if (json["failed"] is { } failed)
                call.TrySetException(new InvalidOperationException($"node: {failed}"));
            else
                call.TrySetResult(JsonSerializer.SerializeToElement(json["result"]));
        }

        foreach (var call in _calls.Values)
            call.TrySetException(new InvalidOperationException($"node ended: {await _errors}"));
    }
}
