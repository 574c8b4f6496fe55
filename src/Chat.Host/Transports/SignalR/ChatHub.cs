using Chat.BuildingBlocks.Http;
using Chat.Host.Transports.ClientFrames;
using Chat.Modules.Delivery.Contracts;
using Microsoft.AspNetCore.SignalR;

namespace Chat.Host.Transports.SignalR;

/// <summary>Attaches and detaches connections. The methods that clients call are in <see cref="HubMethods"/>.</summary>
internal sealed class ChatHub(TransportServices services) : HubMethods(services)
{
    public override async Task OnConnectedAsync()
    {
        var hub = Context.Features.Get<HubConnectionContext>()!;
        var caller = Caller.From(Context.User!)!;
        var connection = new SignalRConnection(hub, caller.Device, Services);
        if (hub.Protocol is CountedProtocol counted)
            counted.CloseOverLimit = () => connection.Close(CloseReason.OverLimit);
        if (await TransportSession.OpenAsync(Services, connection, Context.User!, Context.ConnectionAborted) is { } session)
            Context.Features.Set(session);
        else
            connection.Close(CloseReason.GoingAway);
    }

    public override async Task OnDisconnectedAsync(Exception? exception)
    {
        if (Context.Features.Get<TransportSession>() is not { } session)
            return;
        session.Dispose();
        await session.FinishAsync(CancellationToken.None);
    }
}
