using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.BuildingBlocks.Text;
using Chat.Host.Transports.Frames;
using Chat.Host.Transports.SignalR;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Host.Transports.ClientFrames;

/// <summary>Gives a message another text.</summary>
internal sealed record EditFrame(ConversationId To, MessageId Message, Utf8Text Text, Mentions? Mentions, SeqNo? BasedOn, string ClientMsgId)
    : SendFrame(To, ClientMsgId, LastSeen: null)
{
    private static readonly FrameField BasedOnField = new("basedOn");

    public static readonly ClientFrameSpec Spec = new(
        "edit", nameof(HubMethods.Edit), [FrameField.To, FrameField.MessageId, FrameField.Text, FrameField.Mentions, FrameField.ClientMsgId, BasedOnField],
        (in fields, from) => new EditFrame(
            fields.Target(from), fields.ChangedMessage(), fields.Text(), fields.Mentions(), fields.SeqNo(BasedOnField, lowest: 0), fields.ClientMsgId()));

    public override string Type => Spec.Type;

    public override ICommand<SentMessage> ToCommand(DeviceAddress from) =>
        new ChangeMessage(To, from, ClientMsgId, Message, MessageKind.Edit) { Text = Text, Mentions = Mentions, BasedOn = BasedOn };
}

internal abstract partial class HubMethods
{
    public Task<HubFrame?> Edit(HubRequest request) => AnswerAsync(EditFrame.Spec, request);
}
