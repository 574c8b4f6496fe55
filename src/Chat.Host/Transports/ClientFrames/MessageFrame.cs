using System.Text.Json;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Host.Transports.Frames;
using Chat.Host.Transports.SignalR;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Host.Transports.ClientFrames;

/// <summary>Sends a message.</summary>
internal sealed record MessageFrame(ConversationId To, MessageContent Content, string ClientMsgId, SeqNo? LastSeen)
    : SendFrame(To, ClientMsgId, LastSeen)
{
    private static readonly FrameField ReplyToField = new("replyTo");
    private static readonly FrameField MediaIdsField = new("mediaIds");
    private static readonly FrameField LastSeenSeqNoField = new("lastSeenSeqNo");

    public static readonly ClientFrameSpec Spec = new(
        "message", nameof(HubMethods.SendMessage),
        [FrameField.To, FrameField.Text, FrameField.ClientMsgId, LastSeenSeqNoField, ReplyToField, MediaIdsField], Read);

    public override string Type => Spec.Type;

    public override ICommand<SentMessage> ToCommand(DeviceAddress from) => new SendMessage(To, from, ClientMsgId, Content);

    private static MessageFrame Read(in FrameFields fields, UserId from)
    {
        RefuseMedia(fields);
        return new MessageFrame(
            fields.Target(from), new MessageContent(fields.Text(), fields.MessageId(ReplyToField)), fields.ClientMsgId(),
            fields.SeqNo(LastSeenSeqNoField, lowest: 0));
    }

    private static void RefuseMedia(in FrameFields fields)
    {
        if (!fields.TryRead(MediaIdsField, out var value))
            return;
        if (value.TokenType != JsonTokenType.StartArray)
            throw new MalformedFrameException("mediaIds is a list.");
        if (value.Read() && value.TokenType != JsonTokenType.EndArray)
            throw new MalformedFrameException("This server keeps no media yet.");
    }
}

internal abstract partial class HubMethods
{
    public Task<Dictionary<string, object?>?> SendMessage(HubRequest request) => AnswerAsync(MessageFrame.Spec, request);
}
