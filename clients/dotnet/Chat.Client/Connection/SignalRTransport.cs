using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.Http.Connections.Client;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Chat.Client;

/// <summary>The hub at /hub, over one of SignalR's transports. Its results and refusals become the frames that /ws would send.</summary>
internal sealed class SignalRTransport(Uri server, HttpTransportType way, HttpMessageHandler? handler, ILogger log) : ITransport
{
    private static readonly string[] Events =
        ["welcome", "ack", "typing", "presence", "advanced", "conversation", "settings", "caughtUp", "resync", "goAway"];

    private readonly Channel<ServerFrame> _frames = Channel.CreateBounded<ServerFrame>(new BoundedChannelOptions(512) { SingleReader = true });
    private readonly CancellationTokenSource _ended = new();
    private HubConnection? _hub;
    private string? _token;

    public ChannelReader<ServerFrame> Frames => _frames.Reader;

    public ConnectionEnd End { get; private set; } = new(CloseReason.Lost, "closed here");

    private HubConnection Hub => _hub ?? throw new InvalidOperationException("Not connected.");

    public async Task ConnectAsync(Caller caller, CancellationToken ct)
    {
        _token = caller.Token;
        _hub = Build(new Uri(server, caller.AddressOf("hub")));
        try
        {
            await _hub.StartAsync(ct);
        }
        catch (HttpRequestException e) when (e.StatusCode == HttpStatusCode.Unauthorized)
        {
            throw new ChatException(ErrorCodes.Unauthenticated, "The token is refused.", cause: e);
        }
        catch (HttpRequestException e) when (e.StatusCode == HttpStatusCode.ServiceUnavailable)
        {
            throw new ChatException(ErrorCodes.Unavailable, "The server takes no connections now.", cause: e);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            throw ChatException.NoAnswer(e);
        }
    }

    public async Task SendAsync(IClientFrame frame, CancellationToken ct)
    {
        try
        {
            switch (frame)
            {
                case SendFrame send:
                    // Its answer is awaited separately: other conversations do not wait for it.
                    _ = AnswerAsync(Hub.InvokeAsync<ServerFields>("SendMessage", send, _ended.Token), send.ClientMsgId);
                    break;
                case ChangeFrame change:
                    _ = AnswerAsync(Hub.InvokeAsync<ServerFields>(MethodOf(change), change, _ended.Token), change.ClientMsgId);
                    break;
                case AuthFrame auth:
                    _ = AnswerAsync(Hub.InvokeAsync<ServerFields>("Auth", auth, _ended.Token), null);
                    break;
                case AckFrame ack:
                    await Hub.SendAsync("Ack", ack, ct);
                    break;
                case TypingFrame typing:
                    await Hub.SendAsync("Typing", typing, ct);
                    break;
                case PresenceFrame presence:
                    await Hub.SendAsync("Presence", presence, ct);
                    break;
            }
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            throw ChatException.NoAnswer(e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Finish(new ConnectionEnd(CloseReason.Lost, "closed here"));
        if (_hub is not null)
            await _hub.DisposeAsync();
    }

    private HubConnection Build(Uri address)
    {
        var builder = new HubConnectionBuilder().WithUrl(address, Configure);
        builder.AddJsonProtocol(json => json.PayloadSerializerOptions = new(ChatJson.Wire.Options));
        var hub = builder.Build();
        // The server pings every 15 s; after 35 s of silence the connection is lost.
        (hub.ServerTimeout, hub.KeepAliveInterval) = (TimeSpan.FromSeconds(35), TimeSpan.FromSeconds(15));
        // Events without fields have an argument all the same: an empty object.
        foreach (var name in Events)
            hub.On<ServerFields>(name, fields => ReceiveAsync(fields.ToFrame(name)));
        hub.On<Message>("message", message => ReceiveAsync(new MessageArrived(message)));
        hub.On<ChangeFields>("change", fields => ReceiveAsync(new ChangeArrived(fields.ToChange())));
        hub.Closed += e =>
        {
            Finish(EndOf(e));
            return Task.CompletedTask;
        };
        return hub;
    }

    private void Configure(HttpConnectionOptions http)
    {
        http.Transports = way;
        http.AccessTokenProvider = () => Task.FromResult(_token);
        if (handler is null)
            return;
        http.HttpMessageHandlerFactory = _ => new Borrowed(handler);
    }

    private async Task AnswerAsync(Task<ServerFields> call, string? clientMsgId)
    {
        try
        {
            var fields = await call;
            await ReceiveAsync(clientMsgId is null ? new Alive() : fields.ToFrame("ack"));
        }
        catch (HubException e)
        {
            var (code, text) = SplitRefusal(e.Message);
            await ReceiveAsync(new Refusal(code, text, clientMsgId, null));
        }
        catch (Exception e)
        {
            // The connection has ended: without an ack the message is sent again.
            if (e is not (OperationCanceledException or InvalidOperationException or ConnectionAbortedException or IOException))
                log.BadFrame(e);
        }
    }

    private async Task ReceiveAsync(ServerFrame? frame)
    {
        if (frame is null)
            return;
        try
        {
            await _frames.Writer.WriteAsync(frame, _ended.Token);
        }
        catch (Exception e) when (e is ChannelClosedException or OperationCanceledException)
        {
            // The connection has ended.
        }
    }

    private void Finish(ConnectionEnd end)
    {
        if (_ended.IsCancellationRequested)
            return;
        End = end;
        _frames.Writer.TryComplete();
        _ended.Cancel();
    }

    private static string MethodOf(ChangeFrame change) => change switch
    {
        EditFrame => "Edit",
        DeleteFrame => "Delete",
        ReactFrame => "React",
        PinFrame => "Pin",
        _ => throw new InvalidOperationException($"{change.GetType().Name} is unknown."),
    };

    private static ConnectionEnd EndOf(Exception? e)
    {
        var text = e?.Message ?? "closed by the server";
        // SignalR puts text of its own before the server's.
        const string Lead = "error: ";
        var said = text.LastIndexOf(Lead, StringComparison.Ordinal) is >= 0 and var at ? text[(at + Lead.Length)..] : text;
        return new ConnectionEnd(said switch
        {
            _ when said.StartsWith("replaced", StringComparison.Ordinal) => CloseReason.Replaced,
            _ when said.StartsWith(ErrorCodes.TokenExpired, StringComparison.Ordinal) => CloseReason.TokenExpired,
            _ when said.StartsWith(ErrorCodes.Unauthenticated, StringComparison.Ordinal) => CloseReason.Revoked,
            _ => CloseReason.Lost,
        }, said);
    }

    private static (string Code, string Text) SplitRefusal(string message)
    {
        const string Lead = "HubException: ";
        var said = message.IndexOf(Lead, StringComparison.Ordinal) is >= 0 and var at ? message[(at + Lead.Length)..] : message;
        return said.Split(": ", 2) is [var code, var text] && !code.Contains(' ') ? (code, text) : (ErrorCodes.Internal, said);
    }

    /// <summary>The application's handler, which is not disposed of with a connection.</summary>
    private sealed class Borrowed(HttpMessageHandler inner) : HttpMessageHandler
    {
        private readonly HttpMessageInvoker _invoker = new(inner, disposeHandler: false);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            _invoker.SendAsync(request, cancellationToken);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                _invoker.Dispose();
            base.Dispose(disposing);
        }
    }
}
