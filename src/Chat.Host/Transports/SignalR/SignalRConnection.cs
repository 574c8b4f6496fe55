using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Host.Transports.ServerFrames;
using Chat.Modules.Delivery.Contracts;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;

namespace Chat.Host.Transports.SignalR;

/// <summary>A device's connection through <c>/hub</c>.</summary>
internal sealed class SignalRConnection(HubConnectionContext hub, DeviceAddress device, TransportServices services) : IClientConnection
{
    /// <summary>The number of this transport's encoding, kept with each event; SignalR keeps both its protocols' bytes in it.</summary>
    private const int EncodingSlot = 1;

    private int _closing;

    public DeviceAddress Device => device;

    public async ValueTask WriteAsync(IReadOnlyList<ServerEvent> events, CancellationToken ct)
    {
        for (var i = 0; i < events.Count; i++)
        {
            var write = events[i].HasOneReceiver
                ? hub.WriteAsync(MessageOf(events[i]), CancellationToken.None)
                : hub.WriteAsync(events[i].EncodedAs(EncodingSlot, static e => new SerializedHubMessage(MessageOf(e))), CancellationToken.None);
            if (!write.IsCompletedSuccessfully)
                await WatchAsync(write.AsTask(), ct);
            // SignalR reports no error when it writes to a connection that has ended.
            if (hub.ConnectionAborted.IsCancellationRequested)
                throw new OperationCanceledException("The connection has ended.", hub.ConnectionAborted);
        }
    }

    public void Close(CloseReason reason)
    {
        if (Interlocked.Exchange(ref _closing, 1) != 0)
            return;
        services.Log.ConnectionClosing(device, reason);
        _ = Task.Run(() => CloseAsync(reason));
    }

    private async Task CloseAsync(CloseReason reason)
    {
        services.Metrics.Closed(CloseCodes.Of(reason));
        // SignalR's own close gives neither a reason nor whether to reconnect. A client obeys the first close that it gets.
        var close = new CloseMessage(ErrorOf(reason), allowReconnect: reason is CloseReason.GoingAway or CloseReason.OverLimit or CloseReason.Fault);
        try
        {
            await hub.WriteAsync(close, CancellationToken.None).AsTask().WaitAsync(services.Options.CloseTimeout, services.Clock);
        }
        catch (TimeoutException)
        {
            services.Log.WriteTimedOut(device, services.Options.CloseTimeoutMs);
        }
        hub.Abort();
    }

    private static InvocationMessage MessageOf(ServerEvent @event) => new(ServerFrameRegistry.Of(@event).Type, [new HubFrame(@event)]);

    private async Task WatchAsync(Task write, CancellationToken ct)
    {
        try
        {
            await write.WaitAsync(services.Options.WriteTimeout, services.Clock, ct);
        }
        catch (TimeoutException)
        {
            services.Log.WriteTimedOut(device, services.Options.WriteTimeoutMs);
            Close(CloseReason.OverLimit);
            throw;
        }
    }

    private static string ErrorOf(CloseReason reason) => reason switch
    {
        CloseReason.Replaced => "replaced: a newer connection of this device took over.",
        CloseReason.TokenExpired => $"{ErrorCodes.TokenExpired}: The token has expired; get another and connect again.",
        CloseReason.Revoked => $"{ErrorCodes.Unauthenticated}: This device was revoked.",
        CloseReason.OverLimit => $"{ErrorCodes.RateLimited}: Over a limit; connect again and sync.",
        CloseReason.Fault => $"{ErrorCodes.Internal}: The server has a fault; connect again and sync.",
        _ => $"{ErrorCodes.Unavailable}: The server is going away; connect again, to another server if there is one.",
    };
}
