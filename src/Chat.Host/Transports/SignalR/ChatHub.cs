using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Http;
using Chat.Host.Transports.Frames;
using Chat.Modules.Delivery.Contracts;
using Microsoft.AspNetCore.SignalR;

namespace Chat.Host.Transports.SignalR;

/// <summary>The frames' hub: a method's argument is the frame without its type, its result the answer, its refusal a <c>code: text</c>.</summary>
internal sealed class ChatHub(DoorServices services) : Hub
{
    public Task<Dictionary<string, object?>?> SendMessage(HubRequest request) => AnswerAsync(ClientFrameType.Message, request);

    public Task<Dictionary<string, object?>?> Ack(HubRequest request) => AnswerAsync(ClientFrameType.Ack, request);

    public Task<Dictionary<string, object?>?> Typing(HubRequest request) => AnswerAsync(ClientFrameType.Typing, request);

    public Task<Dictionary<string, object?>?> Sync(HubRequest request) => AnswerAsync(ClientFrameType.Sync, request);

    public Task<Dictionary<string, object?>?> Presence(HubRequest request) => AnswerAsync(ClientFrameType.Presence, request);

    public Task<Dictionary<string, object?>?> Auth(HubRequest request) => AnswerAsync(ClientFrameType.Auth, request);

    public override async Task OnConnectedAsync()
    {
        var hub = Context.Features.Get<HubConnectionContext>()!;
        var caller = Caller.From(Context.User!)!;
        var connection = new SignalRConnection(hub, caller.Device, services);
        if (hub.Protocol is CountedProtocol counted)
            counted.CloseOverLimit = () => connection.Close(CloseReason.OverLimit);
        if (await DoorSession.OpenAsync(services, connection, Context.User!, Context.ConnectionAborted) is { } session)
            Context.Features.Set(session);
        else
            connection.Close(CloseReason.GoingAway);
    }

    public override async Task OnDisconnectedAsync(Exception? exception)
    {
        if (Context.Features.Get<DoorSession>() is not { } session)
            return;
        session.Dispose();
        await session.FinishAsync(CancellationToken.None);
    }

    private async Task<Dictionary<string, object?>?> AnswerAsync(ClientFrameType type, HubRequest request)
    {
        var session = Context.Features.Get<DoorSession>() ?? throw Refused(DoorRequests.NotAccepting);
        var answer = await session.AnswerAsync(Parse(type, request, session), request.Size);
        return answer switch
        {
            null => null,
            ErrorAnswer refusal => throw Refused(refusal.Error),
            _ => FrameMap.Encode(answer),
        };
    }

    private ParsedFrame Parse(ClientFrameType type, HubRequest request, DoorSession session) =>
        request.Size > services.Options.MaxFrameBytes
            ? ParsedFrame.Refused(DoorRequests.FrameTooLarge(services.Options.MaxFrameBytes))
            : ClientFrameParser.Parse(request.Json.Span, type, session.Device.User);

    // SignalR shows a client the text of this one exception, and of no other.
    private static HubException Refused(Error error) => new($"{error.Code}: {error.Text}");
}
