using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Clients;

/// <summary>A client of another make: conformance/client.mjs in node, told what to do in lines of JSON.</summary>
internal sealed class NodeClient : IChatClient
{
    private readonly Process _process;
    private readonly ConcurrentDictionary<long, TaskCompletionSource<JsonElement>> _calls = new();
    private readonly Task _reading;
    private readonly Task<string> _errors;
    private long _lastCall;

    private NodeClient(Process process)
    {
        _process = process;
        _reading = ReadAsync();
        _errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
    }

    public FrameRecord Received { get; } = new();

    private static string Folder => Path.Combine(Repository.Root, "tests", "EndToEnd", "conformance");

    /// <param name="door">`ws`, or the hub's protocol and transport: `json/WebSockets`, `messagepack/LongPolling`, …</param>
    public static async Task<NodeClient> ConnectAsync(Account account, string door)
    {
        var start = new ProcessStartInfo("node", ["client.mjs", account.Server.Address.ToString(), door])
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var client = new NodeClient(Process.Start(start)!);
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

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();

        await _process.WaitForExitAsync();
        await _reading;
        await _errors;
        _process.Dispose();
    }

    private async Task<JsonElement> CallAsync(string method, object request)
    {
        var id = Interlocked.Increment(ref _lastCall);
        var answer = _calls[id] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var line = JsonSerializer.Serialize(new { id, method, request });
        await _process.StandardInput.WriteLineAsync(line.AsMemory(), TestContext.Current.CancellationToken);
        await _process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        return await answer.Task.WaitAsync(Until.Patience, TestContext.Current.CancellationToken);
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync(CancellationToken.None) is { } line)
        {
            var json = JsonNode.Parse(line)!;
            if (json["event"] is { } frame)
                Received.Add(Frame.Parse(frame.ToJsonString()));
            else
                Answer(json);
        }

        var failure = new InvalidOperationException($"node ended: {await _errors}");
        Received.End(failure.Message);
        foreach (var call in _calls.Values)
            call.TrySetException(failure);
    }

    private void Answer(JsonNode json)
    {
        var call = _calls[json["id"]!.GetValue<long>()];
        if (json["refused"] is { } refused)
            call.TrySetException(new RefusedException(refused["code"]!.GetValue<string>(), refused["text"]!.GetValue<string>()));
        else if (json["failed"] is { } failed)
            call.TrySetException(new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"node: {failed}")));
        else
            call.TrySetResult(JsonSerializer.SerializeToElement(json["result"]));
    }
}
