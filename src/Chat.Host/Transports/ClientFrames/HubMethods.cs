using Chat.BuildingBlocks.Errors;
using Chat.Host.Transports.Frames;
using Chat.Host.Transports.ServerFrames;
using Chat.Host.Transports.SignalR;
using Microsoft.AspNetCore.SignalR;

namespace Chat.Host.Transports.ClientFrames;

/// <summary>
/// The frames as methods of the hub, each in the file of its frame: the argument is the frame without its type, the result the answer, a refusal
/// a <c>code: text</c>.
/// </summary>
internal abstract partial class HubMethods(TransportServices services) : Hub
{
    protected TransportServices Services => services;

    private async Task<HubFrame?> AnswerAsync(ClientFrameSpec spec, HubRequest request)
    {
        var session = Context.Features.Get<TransportSession>() ?? throw Refused(TransportRequests.NotAccepting);
        var answer = await session.AnswerAsync(Parse(spec, request, session), request.Size);
        return answer switch
        {
            null => null,
            ErrorAnswer refusal => throw Refused(refusal.Error),
            _ => new HubFrame(answer),
        };
    }

    private ClientFrame Parse(ClientFrameSpec spec, HubRequest request, TransportSession session) =>
        request.Size > services.Options.MaxFrameBytes
            ? new RefusedFrame(TransportRequests.FrameTooLarge(services.Options.MaxFrameBytes))
            : ClientFrameParser.Parse(request.Json.Span, spec, session.Device.User);

    // SignalR shows a client the text of this one exception, and of no other.
    private static HubException Refused(Error error) => new($"{error.Code}: {error.Text}");
}
