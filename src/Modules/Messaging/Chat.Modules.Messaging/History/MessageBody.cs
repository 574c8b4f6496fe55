using System.Text.Json.Serialization;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.History;

/// <summary>A message as REST shows it: the fields of the <c>message</c> frame.</summary>
internal sealed record MessageBody(
    MessageId MessageId, ConversationId ConversationId, SeqNo SeqNo, UserId SenderId, Utf8Text Text, long Timestamp,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] MessageId? ReplyTo,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ClientMsgId)
{
    /// <param name="reader">Who is shown it: the sender sees its clientMsgId.</param>
    public static MessageBody For(LoggedMessage message, UserId reader) => new(
        message.Id, message.Conversation, message.SeqNo, message.Sender.User, message.Content.Text, message.Timestamp.ToUnixTimeMilliseconds(),
        message.Content.ReplyTo, message.Sender.User == reader ? message.ClientMsgId : null);
}
