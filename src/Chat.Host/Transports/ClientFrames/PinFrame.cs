using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Host.Transports.Frames;
using Chat.Host.Transports.SignalR;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Host.Transports.ClientFrames;

/// <summary>Pins a message, or no longer.</summary>
internal sealed record PinFrame(ConversationId To, MessageId Message, bool On, string ClientMsgId) : SendFrame(To, ClientMsgId, LastSeen: null)
{
    public static readonly ClientFrameSpec Spec = new(
        "pin", nameof(HubMethods.Pin), [FrameField.To, FrameField.MessageId, FrameField.On, FrameField.ClientMsgId],
        (in fields, from) => new PinFrame(fields.Target(from), fields.ChangedMessage(), fields.Boolean(FrameField.On), fields.ClientMsgId()));

    public override string Type => Spec.Type;

    public override ICommand<SentMessage> ToCommand(DeviceAddress from) => new ChangeMessage(To, from, ClientMsgId, Message, MessageKind.Pin) { On = On };
}

internal abstract partial class HubMethods
{
    public Task<HubFrame?> Pin(HubRequest request) => AnswerAsync(PinFrame.Spec, request);
}
