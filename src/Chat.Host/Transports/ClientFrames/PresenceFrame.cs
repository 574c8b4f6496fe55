using Chat.BuildingBlocks.Ids;
using Chat.Host.Transports.Frames;
using Chat.Host.Transports.ServerFrames;
using Chat.Host.Transports.SignalR;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Presence.Contracts;

namespace Chat.Host.Transports.ClientFrames;

/// <summary>Says whose presence the connection wants to be told, and whose no longer.</summary>
internal sealed record PresenceFrame(IReadOnlyList<UserId> Subscribe, IReadOnlyList<UserId> Unsubscribe) : CommandFrame
{
    private static readonly FrameField SubscribeField = new("subscribe");
    private static readonly FrameField UnsubscribeField = new("unsubscribe");

    public static readonly ClientFrameSpec Spec = new(
        "presence", nameof(HubMethods.Presence), [SubscribeField, UnsubscribeField],
        (in fields, _) => new PresenceFrame(fields.Users(SubscribeField), fields.Users(UnsubscribeField)));

    public override string Type => Spec.Type;

    public override async Task<ServerEvent?> AnswerAsync(TransportSession session)
    {
        var result = await session.SendAsync(new SubscribePresence(session.Device, session.Connection, Subscribe, Unsubscribe));
        if (!result.IsOk)
            return new ErrorAnswer(result.Error);
        foreach (var state in result.Value)
            await session.ReplyAsync(new PresenceEvent(state), moreFollow: true);
        return null;
    }
}

internal abstract partial class HubMethods
{
    public Task<HubFrame?> Presence(HubRequest request) => AnswerAsync(PresenceFrame.Spec, request);
}
