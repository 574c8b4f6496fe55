using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.SignalR;

namespace Chat.EndToEnd.Tests.Clients;

/// <summary>A connection on /hub that looks like one on /ws: a call's result comes as its `ack` frame, a refusal as an `error` frame.</summary>
internal sealed class HubFrames : IFrameConnection
{
    private static readonly Dictionary<string, string> _methods = new(StringComparer.Ordinal)
    {
        ["message"] = "SendMessage", ["edit"] = "Edit", ["delete"] = "Delete", ["react"] = "React", ["pin"] = "Pin", ["ack"] = "Ack",
    };

    private readonly Lock _gate = new();
    private readonly Action<Frame> _onFrame;
    private readonly List<Task> _calls = [];
    private readonly TaskCompletionSource<Closing> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HubClient? _hub;

    private HubFrames(Action<Frame> onFrame) => _onFrame = onFrame;

    public Task<Closing> Closed => _closed.Task;

    /// <exception cref="HttpRequestException">It could not connect.</exception>
    public static async Task<HubFrames> ConnectAsync(Account account, bool messagePack, Action<Frame> onFrame, CancellationToken ct)
    {
        var frames = new HubFrames(onFrame);
        try
        {
            frames._hub = await HubClient.ConnectAsync(account, messagePack, onFrame: frames.Take);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            throw new HttpRequestException($"The hub at {account.Server.Address} cannot be reached.", e);
        }
        _ = frames.CloseAsync(frames._hub);
        return frames;
    }

    /// <summary>Begins a call. A `ping`, which SignalR has by itself, gets its `pong` when all earlier calls were answered.</summary>
    public Task SendAsync(string type, object fields)
    {
        lock (_gate)
        {
            _calls.RemoveAll(call => call.IsCompletedSuccessfully);
            _calls.Add(type == "ping" ? AnswerPingAsync([.. _calls]) : CallAsync(type, fields));
        }
        return Task.CompletedTask;
    }

    public async Task CutAsync()
    {
        _closed.TrySetResult(new Closing(null, "cut"));
        await _hub!.DisposeAsync();
    }

    public async ValueTask DisposeAsync() => await CutAsync();

    private async Task CloseAsync(HubClient hub)
    {
        var error = await hub.Closed.Task;
        _closed.TrySetResult(new Closing(null, error?.Message));
    }

    private async Task CallAsync(string type, object fields)
    {
        var clientMsgId = (JsonSerializer.SerializeToNode(fields) as JsonObject)?["clientMsgId"]?.GetValue<string>();
        try
        {
            var result = await _hub!.InvokeAsync(_methods[type], fields);
            if (clientMsgId is not null)
                Take(new Frame("ack", result));
        }
        catch (RefusedException refused)
        {
            Refuse(refused.Code, refused.Text, clientMsgId);
        }
        catch (HubException unnamed) when (!unnamed.Message.StartsWith("The server closed the connection", StringComparison.Ordinal))
        {
            Refuse("unnamed", unnamed.Message, clientMsgId);
        }
    }

    private void Refuse(string code, string message, string? clientMsgId) =>
        Take(new Frame("error", JsonSerializer.SerializeToElement(new { type = "error", code, message, clientMsgId })));

    private async Task AnswerPingAsync(Task[] earlier)
    {
        await Task.WhenAll(earlier);
        Take(new Frame("pong", JsonSerializer.SerializeToElement(new { type = "pong" })));
    }

    // Results come beside the events.
    private void Take(Frame frame)
    {
        lock (_gate)
            _onFrame(frame);
    }
}
