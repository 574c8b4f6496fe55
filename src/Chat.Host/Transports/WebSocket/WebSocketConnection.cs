using System.IO.Pipelines;
using System.Net.Sockets;
using System.Security.Claims;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Host.Transports.ClientFrames;
using Chat.Host.Transports.Frames;
using Chat.Host.Transports.ServerFrames;
using Chat.Modules.Delivery.Contracts;

namespace Chat.Host.Transports.WebSocket;

/// <summary>
/// A device's connection through <c>/ws</c>. It has one reader; writes take turns; it is closed once, by whoever closes it
/// first, and waits for the client's close only as long as the option says.
/// </summary>
internal sealed class WebSocketConnection : IClientConnection, IDisposable
{
    private readonly TransportServices _services;
    private readonly Action _abort;
    private readonly WebSocketReader _reader;
    private readonly WebSocketWriter _writer;
    private readonly Liveness _liveness;
    private readonly CancellationTokenSource _ended;
    private readonly TaskCompletionSource _readToEnd = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();

    // Set once, under the gate.
    private volatile Task? _closing;

    /// <param name="pipe">The socket's bytes.</param>
    /// <param name="device">Whose connection it is.</param>
    /// <param name="services">What all connections share.</param>
    /// <param name="abort">Ends the TCP connection at once.</param>
    /// <param name="aborted">The TCP connection has ended.</param>
    private WebSocketConnection(IDuplexPipe pipe, DeviceAddress device, TransportServices services, Action abort, CancellationToken aborted)
    {
        (Device, _services, _abort) = (device, services, abort);
        _reader = new WebSocketReader(pipe.Input, services.Options.MaxFrameBytes, services.Options.MaxMessageBytes);
        _writer = new WebSocketWriter(pipe.Output);
        _ended = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        _liveness = new Liveness(_reader, services.Options, services.Timers, ping: () => _ = PingAsync(), dead: abort);
    }

    public DeviceAddress Device { get; }

    private static Error TokenExpired { get; } = new(ErrorCodes.TokenExpired, "The token has expired; get another and connect again.");

    /// <summary>Serves a connection to its end.</summary>
    /// <inheritdoc cref="WebSocketConnection(IDuplexPipe, DeviceAddress, TransportServices, Action, CancellationToken)"/>
    /// <param name="user">Whose token it is; not kept.</param>
    public static Task RunAsync(IDuplexPipe pipe, DeviceAddress device, ClaimsPrincipal user, TransportServices services, Action abort, CancellationToken aborted)
    {
        var connection = new WebSocketConnection(pipe, device, services, abort, aborted);
        return connection.RunAsync(connection.OpenAsync(user));
    }

    // Ends with its own Dispose.
    private async Task RunAsync(Task<TransportSession?> opening)
    {
        TransportSession? session = null;
        try
        {
            session = await opening;
            await ReadAsync(session);
        }
        catch (Exception e) when (IsOfTheConnection(e))
        {
            _services.Log.ConnectionFailed(e, Device);
        }
        finally
        {
            session?.Dispose();
            _readToEnd.TrySetResult();
            await BeginClose(CloseCode.Normal, "", null);
            if (session is not null)
                await session.FinishAsync(CancellationToken.None);
            Dispose();
        }
    }

    public ValueTask WriteAsync(IReadOnlyList<ServerEvent> events, CancellationToken ct) => Watch(_writer.WriteAsync(events), ct);

    public void Close(CloseReason reason)
    {
        _services.Log.ConnectionClosing(Device, reason);
        var text = reason switch
        {
            CloseReason.Replaced => "replaced",
            CloseReason.TokenExpired => ErrorCodes.TokenExpired,
            CloseReason.Revoked => "revoked",
            CloseReason.OverLimit => "over a limit",
            CloseReason.Fault => "internal error",
            _ => "going away",
        };
        // The error does not wait behind what Delivery has queued: it leaves right before the close.
        _ = BeginClose(CloseCodes.Of(reason), text, reason is CloseReason.TokenExpired ? new ErrorAnswer(TokenExpired) : null);
    }

    public void Dispose()
    {
        _liveness.Dispose();
        _reader.Dispose();
        _writer.Dispose();
        _ended.Dispose();
    }

    /// <summary>Null where the connection is refused; it is being closed then.</summary>
    private async Task<TransportSession?> OpenAsync(ClaimsPrincipal user)
    {
        try
        {
            if (await TransportSession.OpenAsync(_services, this, user, _ended.Token) is { } session)
                return session;
        }
        catch (StoreUnavailableException e)
        {
            _services.Log.StoreUnavailableAtConnect(e, Device);
        }
        Close(CloseReason.GoingAway);
        return null;
    }

    /// <summary>Reads until the client closes. Once the server is closing, what the client sends is ignored.</summary>
    private async Task ReadAsync(TransportSession? session)
    {
        while (await _reader.NextAsync(_ended.Token) is var received and not Received.Close)
        {
            if (received is Received.Malformed)
            {
                await EndAsync(session, CloseCode.ProtocolError, "malformed frame");
                await _reader.DrainAsync(_ended.Token);
                return;
            }
            if (session is not null && _closing is null)
                await TakeAsync(received, session);
        }
        if (session is not null && _closing is null)
            await session.FinishAsync(_ended.Token);
    }

    private ValueTask TakeAsync(Received received, TransportSession session)
    {
        switch (received)
        {
            case Received.Text:
                var bytes = _reader.Text.Length;
                var frame = ClientFrameParser.Parse(_reader.Text, Device.User);
                _reader.Release();
                if (frame.ShowsThatClientReads)
                    _liveness.Reads();
                return session.TakeAsync(frame, bytes);
            case Received.TooLarge:
                return session.TakeAsync(new RefusedFrame(TransportRequests.FrameTooLarge(_services.Options.MaxFrameBytes)), bytes: 0);
            case Received.Ping:
                return session.AdmitsControl(out var refusal) ? WriteControlAsync(Opcode.Pong, _reader.Ping) : RefuseAsync(session, refusal);
            case Received.Pong:
                _liveness.Reads();
                return session.AdmitsControl(out refusal) ? default : RefuseAsync(session, refusal);
            case Received.Fragment:
                return session.AdmitsFragment(out refusal) ? default : RefuseAsync(session, refusal);
            case Received.Binary:
                return EndAsync(session, CloseCode.ProtocolError, "text frames only");
            case Received.FarTooLarge:
                return EndAsync(session, CloseCode.FrameTooLarge, "frame too large");
            default:
                return default;
        }
    }

    /// <summary>Ends the connection once what came before has its answers.</summary>
    private async ValueTask EndAsync(TransportSession? session, CloseCode code, string text)
    {
        if (session is not null && _closing is null)
            await session.FinishAsync(_ended.Token);
        _ = BeginClose(code, text, null);
    }

    private static ValueTask RefuseAsync(TransportSession session, ErrorAnswer? refusal) => refusal is null ? default : session.ReplyAsync(refusal);

    private ValueTask Watch(ValueTask write, CancellationToken ct) =>
        write.IsCompletedSuccessfully ? write : new ValueTask(WatchAsync(write.AsTask(), ct));

    // A client that does not read for so long has its connection closed.
    private async Task WatchAsync(Task write, CancellationToken ct)
    {
        try
        {
            await write.WaitAsync(_services.Options.WriteTimeout, _services.Clock, ct);
        }
        catch (TimeoutException)
        {
            _services.Log.WriteTimedOut(Device, _services.Options.WriteTimeoutMs);
            Close(CloseReason.OverLimit);
            throw;
        }
    }

    private async ValueTask WriteControlAsync(Opcode opcode, ReadOnlyMemory<byte> payload)
    {
        try
        {
            await Watch(_writer.WriteControlAsync(opcode, payload, _ended.Token), CancellationToken.None);
        }
        catch (TimeoutException)
        {
            // WatchAsync has closed the connection; what still comes is ignored.
        }
    }

    private async Task PingAsync()
    {
        try
        {
            await WriteControlAsync(Opcode.Ping, ReadOnlyMemory<byte>.Empty);
        }
        catch (Exception e) when (IsOfTheConnection(e))
        {
            _services.Log.ConnectionFailed(e, Device);
        }
    }

    /// <summary>Begins to close the connection, once: the last frame, the server's close, and a wait for the client's.</summary>
    private Task BeginClose(CloseCode code, string text, ServerEvent? lastFrame)
    {
        lock (_gate)
            return _closing ??= Task.Run(() => CloseOnceAsync(code, text, lastFrame));
    }

    private async Task CloseOnceAsync(CloseCode code, string text, ServerEvent? lastFrame)
    {
        _services.Metrics.Closed(code);
        using var deadline = new CancellationTokenSource(_services.Options.CloseTimeout, _services.Clock);
        try
        {
            if (lastFrame is not null)
                await _writer.WriteAsync([lastFrame]).AsTask().WaitAsync(deadline.Token);
            await _writer.CloseAsync(code, text, deadline.Token);
            await _readToEnd.Task.WaitAsync(deadline.Token);
        }
        catch (Exception e) when (IsOfTheConnection(e))
        {
            _services.Log.ConnectionFailed(e, Device);
            _abort();
            await _ended.CancelAsync();
            // The pipe is Kestrel's again when the request ends: no write may come after this one, and a write under way ends with the abort.
            await _writer.ShutAsync();
        }
    }

    private static bool IsOfTheConnection(Exception e) => e is IOException or SocketException or OperationCanceledException or ObjectDisposedException;
}
