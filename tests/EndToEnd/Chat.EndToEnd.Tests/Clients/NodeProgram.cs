using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Clients;

/// <summary>
/// A program in node that is told what to do in lines of JSON and answers in such lines: <c>{"id":1,"result":…}</c>, or with <c>refused</c> or
/// <c>failed</c> in the place of the result; <c>{"event":…}</c> comes unasked.
/// </summary>
internal sealed class NodeProgram : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Action<JsonNode> _onEvent;
    private readonly Action<string> _onEnd;
    private readonly ConcurrentDictionary<long, TaskCompletionSource<JsonElement>> _calls = new();
    private readonly Task _reading;
    private readonly Task<string> _errors;
    private long _lastCall;

    /// <param name="onEvent">Told of each event.</param>
    /// <param name="onEnd">Told when the program has ended, and with what words.</param>
    /// <param name="authority">A PEM file of a certificate that it is to trust.</param>
    public NodeProgram(
        string folder, IReadOnlyList<string> arguments, Action<JsonNode>? onEvent = null, Action<string>? onEnd = null, string? authority = null)
    {
        _onEvent = onEvent ?? (_ => { });
        _onEnd = onEnd ?? (_ => { });
        var start = new ProcessStartInfo("node", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (authority is not null)
            start.Environment["NODE_EXTRA_CA_CERTS"] = authority;
        _process = Process.Start(start)!;
        _errors = _process.StandardError.ReadToEndAsync(CancellationToken.None);
        _reading = ReadAsync();
    }

    /// <summary>Sends a command, to which the <c>id</c> is added, and waits for its answer.</summary>
    /// <exception cref="RefusedException">The answer was <c>refused</c>.</exception>
    public async Task<JsonElement> CallAsync(JsonObject command)
    {
        var id = Interlocked.Increment(ref _lastCall);
        var answer = _calls[id] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        command["id"] = id;
        lock (_process)
        {
            _process.StandardInput.WriteLine(command.ToJsonString());
            _process.StandardInput.Flush();
        }

        return await answer.Task.WaitAsync(Until.Patience, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();

        await _process.WaitForExitAsync();
        await _reading;
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync(CancellationToken.None) is { } line)
        {
            var json = JsonNode.Parse(line)!;
            if (json["event"] is { } unasked)
                _onEvent(unasked);
            else
                Answer(json);
        }

        var failure = new InvalidOperationException($"node ended: {await _errors}");
        _onEnd(failure.Message);
        foreach (var call in _calls.Values)
            call.TrySetException(failure);
    }

    private void Answer(JsonNode json)
    {
        var call = _calls[json["id"]!.GetValue<long>()];
        if (json["refused"] is { } refused)
            call.TrySetException(new RefusedException(refused["code"]!.GetValue<string>(), refused["text"]!.GetValue<string>()));
        else if (json["failed"] is { } failed)
            call.TrySetException(new InvalidOperationException($"node: {failed}"));
        else
            call.TrySetResult(JsonSerializer.SerializeToElement(json["result"]));
    }
}
