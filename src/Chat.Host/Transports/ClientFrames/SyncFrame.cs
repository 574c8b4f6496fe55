using Chat.BuildingBlocks.Ids;
using Chat.Host.Transports.Frames;
using Chat.Host.Transports.ServerFrames;
using Chat.Host.Transports.SignalR;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Host.Transports.ClientFrames;

/// <summary>Asks for a page of messages. <c>Limit</c> is 1 to the largest page.</summary>
internal sealed record SyncFrame(ConversationId Conversation, SeqNo After, int Limit) : CommandFrame
{
    private static readonly FrameField AfterField = new("after");
    private static readonly FrameField LimitField = new("limit");

    public static readonly ClientFrameSpec Spec = new("sync", nameof(HubMethods.Sync), [FrameField.ConversationId, AfterField, LimitField], Read);

    public override string Type => Spec.Type;

    public override async Task<ServerEvent?> AnswerAsync(TransportSession session)
    {
        var result = await session.SendAsync(new GetMessages(session.Device, Conversation, After, Before: null, Limit));
        return result.IsOk ? new PageAnswer(result.Value, session.Device.User) : new ErrorAnswer(result.Error);
    }

    private static SyncFrame Read(in FrameFields fields, UserId from) => new(
        fields.Conversation(),
        fields.SeqNo(AfterField, lowest: 0) ?? SeqNo.None,
        (int)Math.Min(fields.Integer(LimitField, lowest: 1) ?? GetMessages.DefaultLimit, GetMessages.MaxLimit));
}

internal abstract partial class HubMethods
{
    public Task<HubFrame?> Sync(HubRequest request) => AnswerAsync(SyncFrame.Spec, request);
}
