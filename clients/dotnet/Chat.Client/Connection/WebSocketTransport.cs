using System.Buffers;
using System.Net;
using System.Net.WebSockets;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Chat.Client;

/// <summary>The plain WebSocket at /ws.</summary>
internal sealed class WebSocketTransport(Uri server, HttpMessageHandler? handler, TimeProvider clock, ILogger log) : ITransport
{
    private const int MaxFrameBytes = 64 * 1024;
    private const int MaxReceivedBytes = 16 * 1024 * 1024;
    private const int Replaced = 4000;
    private const int Revoked = 4001;
    private static readonly TimeSpan PingAfter = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan PongTimeout = TimeSpan.FromSeconds(10);

    private readonly Channel<ServerFrame> _frames = Channel.CreateBounded<ServerFrame>(new BoundedChannelOptions(512) { SingleReader = true });
    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _ended = new();
    private readonly ClientWebSocket _socket = new();
    private ITimer? _liveness;
    private Task _read = Task.CompletedTask;

    private long _receivedAt;   // written by the reader, read by the timer
    private bool _pinged;       // only the timer

    public ChannelReader<ServerFrame> Frames => _frames.Reader;

    public ConnectionEnd End { get; private set; } = new(CloseReason.Lost, "closed here");

    public async Task ConnectAsync(Caller caller, CancellationToken ct)
    {
        _socket.Options.CollectHttpResponseDetails = true;
        _socket.Options.SetRequestHeader("Authorization", $"Bearer {caller.Token}");
        var address = new UriBuilder(new Uri(server, caller.AddressOf("ws"))) { Scheme = server.Scheme == Uri.UriSchemeHttps ? "wss" : "ws" }.Uri;
        try
        {
            using var invoker = handler is null ? null : new HttpMessageInvoker(handler, disposeHandler: false);
            await _socket.ConnectAsync(address, invoker, ct);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            throw _socket.HttpStatusCode switch
            {
                HttpStatusCode.Unauthorized => new ChatException(ErrorCodes.Unauthenticated, "The token is refused.", cause: e),
                HttpStatusCode.ServiceUnavailable => new ChatException(ErrorCodes.Unavailable, "The server takes no connections now.", cause: e),
                _ => ChatException.NoAnswer(e),
            };
        }
        _receivedAt = clock.GetTimestamp();
        _liveness = clock.CreateTimer(_ => Look(), null, PingAfter, Timeout.InfiniteTimeSpan);
        _read = ReadAsync();
    }

    public async Task SendAsync(IClientFrame frame, CancellationToken ct)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(frame, ChatJson.Wire.IClientFrame);
        if (bytes.Length > MaxFrameBytes)
        {
            // The server would refuse it without reading its clientMsgId.
            if (frame is IAnsweredFrame { ClientMsgId: var attempt })
                _frames.Writer.TryWrite(new Refusal(ErrorCodes.TooLarge, $"A frame is at most {MaxFrameBytes} bytes.", attempt, null));
            return;
        }
        await _turn.WaitAsync(ct);
        try
        {
            await _socket.SendAsync(bytes, WebSocketMessageType.Text, endOfMessage: true, ct);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            throw ChatException.NoAnswer(e);
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_liveness is not null)
            await _liveness.DisposeAsync();
        if (_socket.State == WebSocketState.Open)
            await SendCloseAsync();
        await _ended.CancelAsync();
        _socket.Abort();
        await _read;
        _socket.Dispose();
        _frames.Writer.TryComplete();
    }

    private async Task SendCloseAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        try
        {
            await _turn.WaitAsync(patience.Token);
            await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", patience.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // The server notices by itself.
        }
    }

    private async Task ReadAsync()
    {
        var buffer = new ArrayBufferWriter<byte>(16 * 1024);
        try
        {
            while (true)
            {
                var part = await _socket.ReceiveAsync(buffer.GetMemory(16 * 1024), _ended.Token);
                Volatile.Write(ref _receivedAt, clock.GetTimestamp());
                if (part.MessageType == WebSocketMessageType.Close)
                    break;
                buffer.Advance(part.Count);
                if (buffer.WrittenCount > MaxReceivedBytes)
                    throw new InvalidDataException("A frame is far too large.");
                if (!part.EndOfMessage)
                    continue;
                if (Parse(buffer.WrittenSpan) is { } frame)
                    await _frames.Writer.WriteAsync(frame, _ended.Token);
                buffer.ResetWrittenCount();
            }
            End = EndOf((int?)_socket.CloseStatus, _socket.CloseStatusDescription ?? "");
        }
        catch (Exception e)
        {
            End = new ConnectionEnd(CloseReason.Lost, e.Message);
        }
        _frames.Writer.TryComplete();
    }

    private ServerFrame? Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            var fields = JsonSerializer.Deserialize(json, ChatJson.Wire.ServerFields);
            return fields?.Type switch
            {
                "message" => MessageArrived.Parse(json),
                "change" => new ChangeArrived(ChangeFields.Parse(json).ToChange()),
                var type => fields?.ToFrame(type),
            };
        }
        catch (JsonException e)
        {
            log.BadFrame(e);
            return null;
        }
    }

    /// <summary>Pings after a silence; without an answer ends the connection, since a dead network reports nothing.</summary>
    private void Look()
    {
        var silent = clock.GetElapsedTime(Volatile.Read(ref _receivedAt));
        if (silent < PingAfter)
        {
            _pinged = false;
            _liveness?.Change(PingAfter - silent, Timeout.InfiniteTimeSpan);
        }
        else if (!_pinged)
        {
            _pinged = true;
            _ = PingAsync();
            _liveness?.Change(PongTimeout, Timeout.InfiniteTimeSpan);
        }
        else
        {
            _socket.Abort();
        }
    }

    private async Task PingAsync()
    {
        try
        {
            await SendAsync(new PingFrame(), _ended.Token);
        }
        catch (Exception e) when (e is ChatException or OperationCanceledException or ObjectDisposedException)
        {
            // The reader notices the end.
        }
    }

    private static ConnectionEnd EndOf(int? code, string text) => new(code switch
    {
        Replaced => CloseReason.Replaced,
        Revoked when text.StartsWith(ErrorCodes.TokenExpired, StringComparison.Ordinal) => CloseReason.TokenExpired,
        Revoked => CloseReason.Revoked,
        _ => CloseReason.Lost,
    }, $"{code} {text}");
}
