using Chat.BuildingBlocks.Ids;
using Chat.Host.Transports.Frames;
using Chat.Modules.Messaging.Contracts;
using System.Text.Json;

namespace Chat.Host.Transports.ServerFrames;

/// <summary>A message's fields, in a frame of its own or in a page.</summary>
/// <param name="reader">The user whose own messages show their <c>clientMsgId</c>; null for nobody.</param>
internal readonly struct MessageFields(UserId? reader) : IFieldsOf<LoggedMessage>
{
    private static readonly JsonEncodedText SenderId = JsonEncodedText.Encode("senderId");
    private static readonly JsonEncodedText Text = JsonEncodedText.Encode("text");
    private static readonly JsonEncodedText ReplyTo = JsonEncodedText.Encode("replyTo");
    private static readonly JsonEncodedText Media = JsonEncodedText.Encode("media");

    public void WriteTo<TWriter>(LoggedMessage message, ref TWriter fields) where TWriter : struct, IFieldWriter
    {
        fields.Id(FieldNames.MessageId, message.Id.Value);
        fields.Text(FieldNames.ConversationId, message.Conversation.Value);
        fields.Number(FieldNames.SeqNo, message.SeqNo.Value);
        fields.Text(SenderId, message.Sender.User.Value);
        fields.Text(Text, message.Content.Text);
        fields.Number(FieldNames.Timestamp, message.Timestamp.ToUnixTimeMilliseconds());
        fields.Id(ReplyTo, message.Content.ReplyTo?.Value);
        if (message.Content.Media is { Count: > 0 } media)
            fields.List(Media, media, default(MediaFields));
        if (message.Sender.User == reader)
            fields.Text(FieldNames.ClientMsgId, message.ClientMsgId);
    }
}
