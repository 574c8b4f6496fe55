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
/// A device's connection through <c>/ws</c>. One reader, which is <see cref="RunAsync"/>; one writer at a time; and at most one goodbye, begun
/// by whoever first ends the connection, which waits for the client only so long.
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
    private volatile Task? _goodbye;

    /// <param name="pipe">The socket's bytes; the request's, and ended with it.</param>
    /// <param name="device">Whose connection it is.</param>
    /// <param name="services">What all connections share.</param>
    /// <param name="abort">Ends the request's connection on the spot.</param>
    /// <param name="aborted">It has ended.</param>
    public WebSocketConnection(IDuplexPipe pipe, DeviceAddress device, TransportServices services, Action abort, CancellationToken aborted)
    {
        (Device, _services, _abort) = (device, services, abort);
        _reader = new WebSocketReader(pipe.Input, services.Options.MaxFrameBytes, services.Options.MaxMessageBytes);
        _writer = new WebSocketWriter(pipe.Output);
        _ended = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        _liveness = new Liveness(_reader, services.Options, services.Clock, ping: () => _ = PingAsync(), dead: abort);
    }

    public DeviceAddress Device { get; }

    private static Error TokenExpired { get; } = new(ErrorCodes.TokenExpired, "The token has expired; get another and connect again.");

    /// <summary>Serves the connection to its end.</summary>
    public async Task RunAsync(ClaimsPrincipal user)
    {
        TransportSession? session = null;
        try
        {
            session = await OpenAsync(user);
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
            await Goodbye(CloseCode.Normal, "", null);
            if (session is not null)
                await session.FinishAsync(CancellationToken.None);
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
        // Delivery's queue may hold anything, so the error goes out right before the close.
        _ = Goodbye(CloseCodes.Of(reason), text, reason is CloseReason.TokenExpired ? new ErrorAnswer(TokenExpired) : null);
    }

    public void Dispose()
    {
        _liveness.Dispose();
        _reader.Dispose();
        _writer.Dispose();
        _ended.Dispose();
    }

    /// <summary>Null where the connection is refused, and its goodbye is under way.</summary>
    private async Task<TransportSession?> OpenAsync(ClaimsPrincipal user)
    {
        try
        {
            if (await TransportSession.OpenAsync(_services, this, user, _ended.Token) is { } session)
                return session;
        }
        catch (StoreUnavailableException e)
        {
            _services.Log.StoreUnavailable(e, nameof(Welcome), Device);
        }
        Close(CloseReason.GoingAway);
        return null;
    }

    /// <summary>Reads to the client's close. Once a goodbye is under way what comes before that is passed over.</summary>
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
            if (session is not null && _goodbye is null)
                await TakeAsync(received, session);
        }
        if (session is not null && _goodbye is null)
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
        if (session is not null && _goodbye is null)
            await session.FinishAsync(_ended.Token);
        _ = Goodbye(code, text, null);
    }

    private static ValueTask RefuseAsync(TransportSession session, ErrorAnswer? refusal) => refusal is null ? default : session.ReplyAsync(refusal);

    private ValueTask Watch(ValueTask write, CancellationToken ct) =>
        write.IsCompletedSuccessfully ? write : new ValueTask(WatchAsync(write.AsTask(), ct));

    // A reader that takes nothing for so long has its connection closed.
    private async Task WatchAsync(Task write, CancellationToken ct)
    {
        try
        {
            await write.WaitAsync(_services.Options.WriteTimeout, _services.Clock, ct);
        }
        catch (TimeoutException)
        {
            _services.Log.WriteTimedOut(Device);
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
            // The watch has closed the connection; what still comes is passed over.
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

    /// <summary>Begins the connection's end, once: a last word, the close, the client's end; then the connection goes, whether or not it came.</summary>
    private Task Goodbye(CloseCode code, string text, ServerEvent? lastWord)
    {
        lock (_gate)
            return _goodbye ??= Task.Run(() => SayGoodbyeAsync(code, text, lastWord));
    }

    private async Task SayGoodbyeAsync(CloseCode code, string text, ServerEvent? lastWord)
    {
        _services.Metrics.Closed(code);
        using var deadline = new CancellationTokenSource(_services.Options.CloseTimeout, _services.Clock);
        try
        {
            if (lastWord is not null)
                await _writer.WriteAsync([lastWord]).AsTask().WaitAsync(deadline.Token);
            await _writer.CloseAsync(code, text, deadline.Token);
            await _readToEnd.Task.WaitAsync(deadline.Token);
        }
        catch (Exception e) when (IsOfTheConnection(e))
        {
            _services.Log.ConnectionFailed(e, Device);
            _abort();
            await _ended.CancelAsync();
            // Whoever still waits to write must not meet a connection that is given back: what is under way ends with the abort.
            await _writer.ShutAsync();
        }
    }

    private static bool IsOfTheConnection(Exception e) => e is IOException or SocketException or OperationCanceledException or ObjectDisposedException;
}
