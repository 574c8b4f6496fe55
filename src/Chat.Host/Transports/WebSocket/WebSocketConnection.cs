using System.Net.WebSockets;
using System.Security.Claims;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Host.Transports.Frames;
using Chat.Modules.Delivery.Contracts;

namespace Chat.Host.Transports.WebSocket;

/// <summary>
/// A device's connection through <c>/ws</c>. One reader, which is <see cref="RunAsync"/>; one writer at a time, which is Delivery; and at most
/// one goodbye, begun by whoever first ends the connection, which waits for the client only so long.
/// </summary>
internal sealed class WebSocketConnection(
    System.Net.WebSockets.WebSocket socket, DeviceAddress device, DoorServices services, CancellationToken aborted) : IClientConnection
{
    /// <summary>The number of this door's encoding, kept with each event.</summary>
    private const int EncodingSlot = 0;

    private readonly CancellationTokenSource _ended = CancellationTokenSource.CreateLinkedTokenSource(aborted);
    private readonly TaskCompletionSource _readToEnd = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();

    // Set once, under the gate.
    private Task? _goodbye;

    public DeviceAddress Device => device;

    /// <summary>Serves the connection to its end.</summary>
    public async Task RunAsync(ClaimsPrincipal user)
    {
        try
        {
            using var session = await DoorSession.OpenAsync(services, this, user, _ended.Token);
            using var receiver = new FrameReceiver(socket, services.Options.MaxFrameBytes, services.Options.MaxMessageBytes);
            if (session is null)
                Close(CloseReason.GoingAway);
            else
                await ReadAsync(receiver, session);
            await receiver.DrainAsync(_ended.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            services.Log.ConnectionFailed(e, device);
        }
        catch (StoreUnavailableException e)
        {
            services.Log.StoreUnavailable(e, nameof(Welcome), device);
            Close(CloseReason.GoingAway);
        }
        finally
        {
            _readToEnd.TrySetResult();
            await Goodbye(WebSocketCloseStatus.NormalClosure, "", null);
            _ended.Dispose();
        }
    }

    public async ValueTask WriteAsync(IReadOnlyList<ServerEvent> events, CancellationToken ct)
    {
        for (var i = 0; i < events.Count; i++)
        {
            var frame = events[i].EncodedAs(EncodingSlot, static e => FrameJson.Encode(e));
            // Without a token the socket takes its short way; a write that waits is watched below.
            var write = socket.SendAsync(frame.AsMemory(), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
            if (!write.IsCompletedSuccessfully)
                await WatchAsync(write.AsTask(), ct);
        }
    }

    public void Close(CloseReason reason)
    {
        services.Log.ConnectionClosing(device, reason);
        _ = reason switch
        {
            CloseReason.Replaced => Goodbye(CloseCodes.Replaced, "replaced", null),
            // Delivery's queue may hold anything, so the error goes out here, right before the close.
            CloseReason.TokenExpired => Goodbye(CloseCodes.NotAuthenticated, ErrorCodes.TokenExpired, new ErrorAnswer(TokenExpired)),
            CloseReason.Revoked => Goodbye(CloseCodes.NotAuthenticated, "revoked", null),
            CloseReason.OverLimit => Goodbye(CloseCodes.OverLimit, "over a limit", null),
            _ => Goodbye(CloseCodes.GoingAway, "going away", null),
        };
    }

    private static Error TokenExpired { get; } = new(ErrorCodes.TokenExpired, "The token has expired; get another and connect again.");

    private bool IsEnding
    {
        get
        {
            lock (_gate)
                return _goodbye is not null;
        }
    }

    private async Task ReadAsync(FrameReceiver receiver, DoorSession session)
    {
        while (true)
        {
            var received = await receiver.NextAsync(_ended.Token);
            if (received == Received.Closed || IsEnding)
                return;
            if (received == Received.Binary)
            {
                _ = Goodbye(CloseCodes.ProtocolError, "text frames only", null);
                return;
            }
            if (received == Received.FarTooLarge)
            {
                _ = Goodbye(CloseCodes.FrameTooLarge, "frame too large", null);
                return;
            }

            var parsed = received == Received.Frame
                ? ClientFrameParser.Parse(receiver.Frame, device.User)
                : ParsedFrame.Refused(DoorRequests.FrameTooLarge(services.Options.MaxFrameBytes));
            receiver.Release();
            if (await session.AnswerAsync(parsed, _ended.Token) is { } answer)
                await session.ReplyAsync(answer, _ended.Token);
        }
    }

    private async Task WatchAsync(Task write, CancellationToken ct)
    {
        try
        {
            await write.WaitAsync(services.Options.WriteTimeout, services.Clock, ct);
        }
        catch (TimeoutException)
        {
            services.Log.WriteTimedOut(device);
            Close(CloseReason.OverLimit);
            throw;
        }
    }

    /// <summary>Begins the connection's end, once: a last word, the close, the client's answer to it; then the socket goes, answer or not.</summary>
    private Task Goodbye(WebSocketCloseStatus code, string text, ServerEvent? lastWord)
    {
        lock (_gate)
            return _goodbye ??= Task.Run(() => SayGoodbyeAsync(code, text, lastWord));
    }

    private async Task SayGoodbyeAsync(WebSocketCloseStatus code, string text, ServerEvent? lastWord)
    {
        services.Metrics.Closed((int)code);
        using var deadline = new CancellationTokenSource(services.Options.CloseTimeout, services.Clock);
        try
        {
            if (lastWord is not null)
                await socket.SendAsync(FrameJson.Encode(lastWord).AsMemory(), WebSocketMessageType.Text, endOfMessage: true, deadline.Token);
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
                await socket.CloseOutputAsync(code, text, deadline.Token);
            await _readToEnd.Task.WaitAsync(deadline.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            services.Log.ConnectionFailed(e, device);
        }
        // The socket has aborted itself over what it cannot read, broken UTF-8 say (1007); that close frame of its own is still on its way out.
        if (socket.State is not WebSocketState.Aborted)
            socket.Abort();
        if (!_readToEnd.Task.IsCompleted)
            await _ended.CancelAsync();
    }
}
