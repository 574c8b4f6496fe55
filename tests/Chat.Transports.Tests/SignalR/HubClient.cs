using System.Collections;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Chat.Host.Transports.ServerFrames;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;

namespace Chat.Transports.Tests.SignalR;

/// <summary>SignalR's own client, by either protocol; what comes is shown as the JSON that says the same.</summary>
public sealed class HubClient : IAsyncDisposable
{
    private readonly Channel<string> _events = Channel.CreateUnbounded<string>();
    private readonly TaskCompletionSource<Exception?> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public HubClient(Uri address, bool messagePack, HttpTransportType transport = HttpTransportType.WebSockets, string? token = null)
    {
        var builder = new HubConnectionBuilder().WithUrl(new Uri(address, "/hub"), transport,
            options => options.AccessTokenProvider = () => Task.FromResult<string?>(token ?? TransportHost.Token()));
        Connection = (messagePack ? builder.AddMessagePackProtocol() : builder).Build();
        // The machine may be busy.
        Connection.HandshakeTimeout = Connection.ServerTimeout = TimeSpan.FromMinutes(2);
        foreach (var name in ServerFrameRegistry.All.Select(frame => frame.Type).Distinct())
            Connection.On(name, [typeof(object)], arguments =>
            {
                _events.Writer.TryWrite($"{name} {Json(arguments[0])}");
                return Task.CompletedTask;
            });
        Connection.Closed += error =>
        {
            _closed.TrySetResult(error);
            return Task.CompletedTask;
        };
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public HubConnection Connection { get; }

    /// <summary>With what the server's close came.</summary>
    public Task<Exception?> Closed => _closed.Task.WaitAsync(Ct);

    public Task StartAsync() => Connection.StartAsync(Ct);

    public async Task<string> NextAsync() => await _events.Reader.ReadAsync(Ct);

    public async Task<string> CallAsync(string method, object? request) => Json(await Connection.InvokeCoreAsync<object?>(method, [request], Ct));

    public ValueTask DisposeAsync() => Connection.DisposeAsync();

    private static string Json(object? value) => Node(value)?.ToJsonString() ?? "null";

    private static JsonNode? Node(object? value) => value switch
    {
        null => null,
        System.Text.Json.JsonElement element => JsonNode.Parse(element.GetRawText()),
        IDictionary map => new JsonObject(map.Keys.Cast<string>().Select(key => KeyValuePair.Create(key, Node(map[key])))),
        string text => JsonValue.Create(text),
        bool flag => JsonValue.Create(flag),
        IEnumerable list => new JsonArray([.. list.Cast<object?>().Select(Node)]),
        _ => JsonValue.Create(Convert.ToInt64(value, CultureInfo.InvariantCulture)),
    };
}
