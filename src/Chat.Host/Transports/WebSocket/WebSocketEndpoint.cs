using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Http;

namespace Chat.Host.Transports.WebSocket;

/// <summary><c>/ws</c>: takes an authenticated request's upgrade.</summary>
internal static class WebSocketEndpoint
{
    // HTTP/1.1 upgrades a GET; HTTP/2 (RFC 8441) a CONNECT.
    public static void MapWebSocket(this IEndpointRouteBuilder routes) =>
        routes.MapMethods("/ws", [HttpMethods.Get, HttpMethods.Connect], ServeAsync).ExcludeFromDescription();

    private static async Task<IResult> ServeAsync(HttpContext context, Caller caller, TransportServices services)
    {
        if (!context.WebSockets.IsWebSocketRequest)
            return HttpErrors.ToProblem(Error.BadRequest("This address takes WebSocket upgrades only."));
        if (services.RefusalOf(caller.User) is { } refusal)
            return HttpErrors.ToProblem(refusal);

        context.AllowSlowClients();
        var (pipe, handover) = await Handshake.AcceptAsync(context);
        var user = context.User;
        if (handover?.TryTake(() => WebSocketConnection.RunAsync(handover.Transport, caller.Device, user, services, handover.Abort, handover.Ended)) != true)
            await WebSocketConnection.RunAsync(pipe, caller.Device, user, services, context.Abort, context.RequestAborted);
        return Results.Empty;
    }
}
