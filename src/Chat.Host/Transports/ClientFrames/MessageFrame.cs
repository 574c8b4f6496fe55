using System.Text.Json;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Host.Transports.Frames;
using Chat.Host.Transports.SignalR;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Host.Transports.ClientFrames;

/// <summary>Sends a message.</summary>
internal sealed record MessageFrame(
    ConversationId To, MessageContent Content, string ClientMsgId, SeqNo? LastSeen, IReadOnlyList<MediaReference>? Media = null)
    : SendFrame(To, ClientMsgId, LastSeen)
{
    private static readonly FrameField ReplyToField = new("replyTo");
    private static readonly FrameField MediaIdsField = new("mediaIds");
    private static readonly FrameField LastSeenSeqNoField = new("lastSeenSeqNo");

    public static readonly ClientFrameSpec Spec = new(
        "message", nameof(HubMethods.SendMessage),
        [FrameField.To, FrameField.Text, FrameField.ClientMsgId, LastSeenSeqNoField, ReplyToField, MediaIdsField], Read);

    public override string Type => Spec.Type;

    public override ICommand<SentMessage> ToCommand(DeviceAddress from) => new SendMessage(To, from, ClientMsgId, Content, Media);

    private static MessageFrame Read(in FrameFields fields, UserId from)
    {
        var media = ReadMedia(fields);
        var lastSeen = fields.SeqNo(LastSeenSeqNoField, lowest: 0);
        return new MessageFrame(
            fields.Target(from), new MessageContent(fields.Text(), fields.MessageId(ReplyToField)) { Seen = lastSeen }, fields.ClientMsgId(), lastSeen, media);
    }

    private static List<MediaReference>? ReadMedia(in FrameFields fields)
    {
        if (!fields.TryRead(MediaIdsField, out var value))
            return null;
        if (value.TokenType != JsonTokenType.StartArray)
            throw new MalformedFrameException("mediaIds is a list.");
        List<MediaReference>? media = null;
        while (value.Read() && value.TokenType != JsonTokenType.EndArray)
        {
            if (media?.Count == MessageMedia.MaxCount)
                throw new MalformedFrameException($"A message has at most {MessageMedia.MaxCount} files.");
            try
            {
                (media ??= []).Add(MediaReference.ReadFrom(ref value));
            }
            catch (JsonException e)
            {
                throw new MalformedFrameException(e.Message);
            }
        }
        return media;
    }
}

internal abstract partial class HubMethods
{
    public Task<Dictionary<string, object?>?> SendMessage(HubRequest request) => AnswerAsync(MessageFrame.Spec, request);
}
