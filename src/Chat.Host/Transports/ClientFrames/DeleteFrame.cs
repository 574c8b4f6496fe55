using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Host.Transports.Frames;
using Chat.Host.Transports.SignalR;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Host.Transports.ClientFrames;

/// <summary>Deletes a message for everyone.</summary>
internal sealed record DeleteFrame(ConversationId To, MessageId Message, string ClientMsgId) : SendFrame(To, ClientMsgId, LastSeen: null)
{
    public static readonly ClientFrameSpec Spec = new(
        "delete", nameof(HubMethods.Delete), [FrameField.To, FrameField.MessageId, FrameField.ClientMsgId],
        (in fields, from) => new DeleteFrame(fields.Target(from), fields.ChangedMessage(), fields.ClientMsgId()));

    public override string Type => Spec.Type;

    public override ICommand<SentMessage> ToCommand(DeviceAddress from) => new ChangeMessage(To, from, ClientMsgId, Message, MessageKind.Delete);
}

internal abstract partial class HubMethods
{
    public Task<HubFrame?> Delete(HubRequest request) => AnswerAsync(DeleteFrame.Spec, request);
}
