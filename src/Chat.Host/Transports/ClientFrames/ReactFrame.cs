using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Host.Transports.Frames;
using Chat.Host.Transports.SignalR;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Host.Transports.ClientFrames;

/// <summary>Sets a reaction to a message, or takes it back.</summary>
internal sealed record ReactFrame(ConversationId To, MessageId Message, string Emoji, bool On, string ClientMsgId) : SendFrame(To, ClientMsgId, LastSeen: null)
{
    private static readonly FrameField EmojiField = new("emoji");

    public static readonly ClientFrameSpec Spec = new(
        "react", nameof(HubMethods.React), [FrameField.To, FrameField.MessageId, EmojiField, FrameField.On, FrameField.ClientMsgId],
        (in fields, from) => new ReactFrame(
            fields.Target(from), fields.ChangedMessage(), fields.String(EmojiField) ?? throw FrameFields.Missing(EmojiField), fields.Boolean(FrameField.On),
            fields.ClientMsgId()));

    public override string Type => Spec.Type;

    public override ICommand<SentMessage> ToCommand(DeviceAddress from) =>
        new ChangeMessage(To, from, ClientMsgId, Message, MessageKind.Reaction) { Emoji = Emoji, On = On };
}

internal abstract partial class HubMethods
{
    public Task<HubFrame?> React(HubRequest request) => AnswerAsync(ReactFrame.Spec, request);
}
