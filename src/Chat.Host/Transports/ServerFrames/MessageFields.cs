using System.Text.Json;
using Chat.BuildingBlocks.Ids;
using Chat.Host.Transports.Frames;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Host.Transports.ServerFrames;

/// <summary>A message's fields, in its present state, in a frame of its own or in a page.</summary>
/// <param name="reader">The user whose own messages show their <c>clientMsgId</c>; null for nobody.</param>
/// <param name="mine">The emoji that the receiver has set on messages; null for none.</param>
internal readonly struct MessageFields(UserId? reader, IReadOnlyDictionary<SeqNo, IReadOnlyList<string>>? mine = null) : IFieldsOf<LoggedMessage>
{
    private static readonly JsonEncodedText ReplyTo = JsonEncodedText.Encode("replyTo");
    private static readonly JsonEncodedText Media = JsonEncodedText.Encode("media");
    private static readonly JsonEncodedText Forwarded = JsonEncodedText.Encode("forwarded");
    private static readonly JsonEncodedText ExpiresAt = JsonEncodedText.Encode("expiresAt");
    private static readonly JsonEncodedText Seen = JsonEncodedText.Encode("seen");

    public void WriteTo<TWriter>(LoggedMessage message, ref TWriter fields) where TWriter : struct, IFieldWriter
    {
        fields.Id(FieldNames.MessageId, message.Id.Value);
        fields.Text(FieldNames.ConversationId, message.Conversation.Value);
        fields.Number(FieldNames.SeqNo, message.SeqNo.Value);
        fields.Text(FieldNames.SenderId, message.Sender.User.Value);
        if (message.State?.Deletion is null)
            fields.Text(FieldNames.Text, message.ShownText);
        fields.Number(FieldNames.Timestamp, message.Timestamp.ToUnixTimeMilliseconds());
        fields.Id(ReplyTo, message.Content.ReplyTo?.Value);
        if (message.Content.Media is { Count: > 0 } media)
            fields.List(Media, media, default(MediaFields));
        if (message.ShownMentions is { IsEmpty: false } mentions)
            fields.Texts(FieldNames.Mentions, mentions.Names);
        fields.Id(FieldNames.ThreadId, message.Content.Thread?.Id.Value);
        fields.Number(FieldNames.ThreadSeqNo, message.Content.Thread?.SeqNo.Value);
        if (message.Content.Forwarded)
            fields.Flag(Forwarded, true);
        fields.Number(Seen, message.Content.Seen?.Value);
        fields.Number(ExpiresAt, message.Content.ExpiresAt?.ToUnixTimeMilliseconds());
        if (message.State is { } state)
            new StateFields(mine?.GetValueOrDefault(message.SeqNo)).WriteTo(state, ref fields);
        if (message.Sender.User == reader)
            fields.Text(FieldNames.ClientMsgId, message.ClientMsgId);
    }
}
