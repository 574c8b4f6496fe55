using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Clients;

/// <summary>A bare WebSocket on /ws: writes frames as told, records all that comes, acks nothing by itself.</summary>
/// <remarks>Acks, typing and presence get no answer here: a refusal of theirs is an `error` frame in <see cref="Received"/>.</remarks>
internal sealed class WireClient : IChatClient, IFrameConnection
{
    private readonly ClientWebSocket _socket;
    private readonly Action<Frame>? _onFrame;
    private readonly SemaphoreSlim _sending = new(1);
    private readonly Task<Closing> _reading;
    private readonly CancellationTokenSource _disposed = new();
    private readonly TaskCompletionSource _mayRead = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private WireClient(ClientWebSocket socket, Action<Frame>? onFrame, bool stalled = false)
    {
        _socket = socket;
        _onFrame = onFrame;
        if (!stalled)
            _mayRead.SetResult();

        _reading = Task.Run(ReadAsync);
    }

    public FrameRecord Received { get; } = new();

    /// <summary>Completes when the connection has ended, however it did.</summary>
    public Task<Closing> Closed => _reading;

    /// <summary>Connects a device; the welcome and what follows is in <see cref="Received"/>.</summary>
    /// <param name="onFrame">Called with each frame, one after another, before it is recorded.</param>
    public static Task<WireClient> ConnectAsync(Account account, Action<Frame>? onFrame = null, CancellationToken ct = default) =>
        ConnectAsync(account.Server.Address, "/ws", account.AccessToken, onFrame, ct: ct);

    public static async Task<WireClient> ConnectAsync(
        Uri server, string pathAndQuery, string? token, Action<Frame>? onFrame = null, HttpMessageHandler? handler = null, CancellationToken ct = default)
    {
        var socket = NewSocket(token);
        try
        {
            var scheme = server.Scheme == Uri.UriSchemeHttps ? "wss" : "ws";
            using var invoker = handler is null ? null : new HttpMessageInvoker(handler);
            await socket.ConnectAsync(new Uri($"{scheme}://{server.Authority}{pathAndQuery}"), invoker, ct);
            return new WireClient(socket, onFrame);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Connects a device that reads nothing until <see cref="ReadOn"/>, with little room in its socket.</summary>
    public static async Task<WireClient> ConnectStalledAsync(Account account)
    {
        var socket = NewSocket(account.AccessToken);
        using var handler = new SocketsHttpHandler { ConnectCallback = ConnectWithLittleRoomAsync };
        using var invoker = new HttpMessageInvoker(handler, disposeHandler: false);
        await socket.ConnectAsync(new Uri($"ws://{account.Server.Address.Authority}/ws"), invoker, TestContext.Current.CancellationToken);
        return new WireClient(socket, onFrame: null, stalled: true);
    }

    /// <summary>What the server answers to an upgrade: 101, or the status of its refusal.</summary>
    public static async Task<HttpStatusCode> UpgradeAsync(Uri server, string pathAndQuery, string? token = null)
    {
        using var socket = NewSocket(token);
        try
        {
            await socket.ConnectAsync(new Uri($"ws://{server.Authority}{pathAndQuery}"), TestContext.Current.CancellationToken);
        }
        catch (WebSocketException) when (socket.HttpStatusCode != 0)
        {
            // Refused: the status tells.
        }

        return socket.HttpStatusCode;
    }

    public async Task<JsonElement> SendMessageAsync(object message)
    {
        var frame = WithType("message", message);
        var clientMsgId = frame["clientMsgId"]?.GetValue<string>() ?? throw new ArgumentException("No clientMsgId.", nameof(message));
        await SendRawAsync(frame.ToJsonString());
        return await AnswerAsync("ack", f => f.Is("clientMsgId", clientMsgId));
    }

    public Task AckAsync(object ack) => SendAsync("ack", ack);

    public Task TypingAsync(object typing) => SendAsync("typing", typing);

    public Task PresenceAsync(object presence) => SendAsync("presence", presence);

    public async Task<JsonElement> SyncAsync(object sync)
    {
        await SendAsync("sync", sync);
        return await AnswerAsync("page");
    }

    public async Task<JsonElement> AuthAsync(string token)
    {
        await SendAsync("auth", new { token });
        return await AnswerAsync("authenticated");
    }

    public Task SendAsync(string type, object fields) => SendRawAsync(WithType(type, fields).ToJsonString());

    public Task SendRawAsync(string text) => SendRawAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text);

    public async Task SendRawAsync(ReadOnlyMemory<byte> bytes, WebSocketMessageType type, bool endOfMessage = true)
    {
        await _sending.WaitAsync(_disposed.Token);
        try
        {
            await _socket.SendAsync(bytes, type, endOfMessage, _disposed.Token);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Returns when the server has handled everything sent on this connection before.</summary>
    public async Task PingAsync()
    {
        await SendAsync("ping", new { });
        await this.ExpectAsync("pong");
    }

    /// <summary>Ends a stall.</summary>
    public void ReadOn() => _mayRead.TrySetResult();

    /// <summary>Takes the next error and checks its code.</summary>
    public async Task<Frame> ExpectErrorAsync(string code)
    {
        var error = await this.ExpectAsync("error");
        Assert.Equal(code, error.Text("code"));
        return error;
    }

    /// <summary>Waits for the server to close, and checks with which code.</summary>
    public async Task ExpectCloseAsync(int code)
    {
        var closing = await _reading.WaitAsync(Until.Patience, TestContext.Current.CancellationToken);
        Assert.True(closing.Code == code, $"Closed with {closing}, expected {code}. Frames:\n{string.Join('\n', Received.All.TakeLast(10))}");
    }

    /// <summary>Ends the connection without a word, as a lost network does.</summary>
    public async Task CutAsync()
    {
        _socket.Abort();
        ReadOn();
        await _reading;
    }

    public async ValueTask DisposeAsync()
    {
        await _disposed.CancelAsync();
        await CutAsync();
        _socket.Dispose();
    }

    private async Task<JsonElement> AnswerAsync(string type, Func<Frame, bool>? match = null)
    {
        var answer = await Received.TakeAsync(f => f.Type is "error" || f.Type == type ? match?.Invoke(f) != false : false, $"{type} or error");
        return answer.Type == "error" ? throw new RefusedException(answer.Text("code"), answer.Text("message")) : answer.Json;
    }

    private async Task<Closing> ReadAsync()
    {
        await _mayRead.Task;
        var closing = await ReadToEndAsync();
        Received.End(closing.ToString());
        return closing;
    }

    private async Task<Closing> ReadToEndAsync()
    {
        var buffer = new byte[64 * 1024];
        using var message = new MemoryStream();
        try
        {
            while (true)
            {
                var read = await _socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
                if (read.MessageType == WebSocketMessageType.Close)
                {
                    var closing = new Closing((int?)_socket.CloseStatus, _socket.CloseStatusDescription);
                    await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
                    return closing;
                }

                message.Write(buffer, 0, read.Count);
                if (!read.EndOfMessage)
                    continue;

                var frame = Frame.Parse(Encoding.UTF8.GetString(message.GetBuffer(), 0, (int)message.Length));
                message.SetLength(0);
                _onFrame?.Invoke(frame);
                Received.Add(frame);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or InvalidOperationException)
        {
            return new Closing((int?)_socket.CloseStatus, e.Message);
        }
    }

    private static async ValueTask<Stream> ConnectWithLittleRoomAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static ClientWebSocket NewSocket(string? token)
    {
        var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        if (token is not null)
            socket.Options.SetRequestHeader("Authorization", $"Bearer {token}");

        return socket;
    }

    private static JsonObject WithType(string type, object fields)
    {
        var frame = JsonSerializer.SerializeToNode(fields)!.AsObject();
        frame["type"] = type;
        return frame;
    }
}

/// <param name="Code">The close code that the server sent; null when the connection broke without one.</param>
internal sealed record Closing(int? Code, string? Reason);
