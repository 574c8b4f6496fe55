using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;

namespace Chat.EndToEnd.Tests.Clients;

/// <summary>The .NET SignalR client on /hub; its arguments and results are maps, so that no type of the server is needed.</summary>
internal sealed class HubClient : IChatClient
{
    private static readonly string[] _events =
        ["welcome", "message", "change", "ack", "typing", "presence", "advanced", "conversation", "settings", "caughtUp", "resync", "goAway"];

    private readonly HubConnection _hub;
    private readonly Action<Frame>? _onFrame;

    private HubClient(HubConnection hub, Action<Frame>? onFrame)
    {
        _hub = hub;
        _onFrame = onFrame;
        foreach (var name in _events)
            _hub.On(name, [typeof(Dictionary<string, object?>)], arguments => Record(name, arguments));

        _hub.Closed += error =>
        {
            Closed.TrySetResult(error);
            Received.End($"closed: {error?.Message}");
            return Task.CompletedTask;
        };
    }

    public FrameRecord Received { get; } = new();

    /// <summary>Completes with the error that the connection was closed with, if any.</summary>
    public TaskCompletionSource<Exception?> Closed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="onFrame">Called with each event, one after another, before it is recorded.</param>
    public static async Task<HubClient> ConnectAsync(
        Account account, bool messagePack = false, HttpTransportType transport = HttpTransportType.WebSockets, string query = "", Action<Frame>? onFrame = null)
    {
        var builder = new HubConnectionBuilder().WithUrl(new Uri(account.Server.Address, $"/hub{query}"), options =>
        {
            options.Transports = transport;
            options.AccessTokenProvider = () => Task.FromResult<string?>(account.AccessToken);
        });
        if (messagePack)
            builder.AddMessagePackProtocol();

        var client = new HubClient(builder.Build(), onFrame);
        try
        {
            await client._hub.StartAsync(TestContext.Current.CancellationToken);
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    public Task<JsonElement> SendMessageAsync(object message) => InvokeAsync("SendMessage", message);

    public Task AckAsync(object ack) => InvokeAsync("Ack", ack);

    public Task TypingAsync(object typing) => InvokeAsync("Typing", typing);

    public Task PresenceAsync(object presence) => InvokeAsync("Presence", presence);

    public Task<JsonElement> SyncAsync(object sync) => InvokeAsync("Sync", sync);

    public Task<JsonElement> AuthAsync(string token) => InvokeAsync("Auth", new { token });

    /// <summary>Calls a method with one argument of whatever shape.</summary>
    public async Task<JsonElement> InvokeAsync(string method, object? request)
    {
        try
        {
            var result = await _hub.InvokeCoreAsync(
                method, typeof(Dictionary<string, object?>), [Plain(JsonSerializer.SerializeToNode(request))], TestContext.Current.CancellationToken);
            return JsonSerializer.SerializeToElement(result);
        }
        catch (HubException e)
        {
            throw Refusal(e);
        }
    }

    public async ValueTask DisposeAsync() => await _hub.DisposeAsync();

    private static Exception Refusal(HubException e)
    {
        const string marker = "HubException: ";
        var start = e.Message.LastIndexOf(marker, StringComparison.Ordinal);
        var parts = start < 0 ? [] : e.Message[(start + marker.Length)..].Split(": ", 2);
        return parts.Length == 2 ? new RefusedException(parts[0], parts[1]) : e;
    }

    private Task Record(string name, object?[] arguments)
    {
        var json = JsonSerializer.SerializeToNode(arguments is [{ } fields] ? fields : new { })!.AsObject();
        json["type"] = name;
        var frame = Frame.Parse(json.ToJsonString());
        _onFrame?.Invoke(frame);
        Received.Add(frame);
        return Task.CompletedTask;
    }

    // MessagePack has no notion of JSON's nodes: maps, lists and primitive values are what both protocols write alike.
    private static object? Plain(JsonNode? node) => node switch
    {
        JsonObject map => map.ToDictionary(p => p.Key, p => Plain(p.Value), StringComparer.Ordinal),
        JsonArray list => list.Select(Plain).ToArray(),
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        JsonValue value when value.TryGetValue<bool>(out var flag) => flag,
        JsonValue value when value.TryGetValue<long>(out var number) => number,
        JsonValue value when value.TryGetValue<double>(out var number) => number,
        _ => null,
    };
}
