using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>A message as stored in the log.</summary>
/// <param name="Id">The server's id.</param>
/// <param name="Conversation">Its conversation.</param>
/// <param name="SeqNo">Its number in the conversation.</param>
/// <param name="Sender">The sending device. It has the ack and needs no push.</param>
/// <param name="ClientMsgId">The sender's id of the attempt; shown to the sender's own devices only.</param>
/// <param name="Content">The content.</param>
/// <param name="Timestamp">By the server's clock, in whole milliseconds; for display, not for order.</param>
public sealed record LoggedMessage(
    MessageId Id, ConversationId Conversation, SeqNo SeqNo, DeviceAddress Sender, string ClientMsgId, MessageContent Content,
    DateTimeOffset Timestamp)
{
    // Names of fields, punctuation, numbers and UUIDs.
    private const int FixedJsonBytes = 256;

    /// <summary>Bytes of the message as JSON at most, whichever transport shows it.</summary>
    public int MaxJsonBytes() =>
        FixedJsonBytes + Conversation.Value.Length + Sender.User.Value.Length + (2 * ClientMsgId.Length) + Content.MaxJsonBytes();
}
