using Chat.BuildingBlocks.Ids;
using Chat.Host.Transports.Frames;
using Chat.Host.Transports.ServerFrames;
using Chat.Host.Transports.SignalR;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Presence.Contracts;

namespace Chat.Host.Transports.ClientFrames;

/// <summary>The user is writing, or has stopped.</summary>
internal sealed record TypingFrame(ConversationId Conversation, bool Active) : CommandFrame
{
    private static readonly FrameField ActiveField = new("active");

    public static readonly ClientFrameSpec Spec = new(
        "typing", nameof(HubMethods.Typing), [FrameField.ConversationId, ActiveField],
        (in fields, _) => new TypingFrame(fields.Conversation(), fields.Boolean(ActiveField)));

    public override string Type => Spec.Type;

    public override async Task<ServerEvent?> AnswerAsync(TransportSession session) =>
        (await session.SendAsync(new SetTyping(session.Device, Conversation, Active))).Error is { } error ? new ErrorAnswer(error) : null;
}

internal abstract partial class HubMethods
{
    public Task<HubFrame?> Typing(HubRequest request) => AnswerAsync(TypingFrame.Spec, request);
}
