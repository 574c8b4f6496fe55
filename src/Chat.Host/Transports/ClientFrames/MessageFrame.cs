using System.Text.Json;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Host.Transports.Frames;
using Chat.Host.Transports.SignalR;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Host.Transports.ClientFrames;

/// <summary>Sends a message.</summary>
internal sealed record MessageFrame(
    ConversationId To, MessageContent Content, string ClientMsgId, SeqNo? LastSeen, IReadOnlyList<MediaReference>? Media = null, MessageId? Thread = null)
    : SendFrame(To, ClientMsgId, LastSeen)
{
    private static readonly FrameField ReplyToField = new("replyTo");
    private static readonly FrameField MediaIdsField = new("mediaIds");
    private static readonly FrameField ThreadIdField = new("threadId");
    private static readonly FrameField ForwardedField = new("forwarded");
    private static readonly FrameField LastSeenSeqNoField = new("lastSeenSeqNo");

    public static readonly ClientFrameSpec Spec = new(
        "message", nameof(HubMethods.SendMessage),
        [
            FrameField.To, FrameField.Text, FrameField.ClientMsgId, LastSeenSeqNoField, ReplyToField, MediaIdsField, FrameField.Mentions, ThreadIdField, ForwardedField,
        ],
        Read);

    public override string Type => Spec.Type;

    public override ICommand<SentMessage> ToCommand(DeviceAddress from) => new SendMessage(To, from, ClientMsgId, Content, Media) { Thread = Thread };

    private static MessageFrame Read(in FrameFields fields, UserId from)
    {
        var media = ReadMedia(fields);
        var lastSeen = fields.SeqNo(LastSeenSeqNoField, lowest: 0);
        var content = new MessageContent(fields.Text(), fields.MessageId(ReplyToField)) { Seen = lastSeen };
        if (fields.Mentions() is { } mentions)
            content = content with { Mentions = mentions };
        if (fields.Has(ForwardedField) && fields.Boolean(ForwardedField))
            content = content with { Forwarded = true };
        return new MessageFrame(fields.Target(from), content, fields.ClientMsgId(), lastSeen, media, fields.MessageId(ThreadIdField));
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
    public Task<HubFrame?> SendMessage(HubRequest request) => AnswerAsync(MessageFrame.Spec, request);
}
