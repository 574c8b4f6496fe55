using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>A message as the log has it: durable, and in its place.</summary>
/// <param name="Id">The server's name of it.</param>
/// <param name="Conversation">Where it stands.</param>
/// <param name="SeqNo">Its place there.</param>
/// <param name="Sender">Who sent it, and from which device: that device has the ack and needs no push.</param>
/// <param name="ClientMsgId">The sender's name of the attempt; shown to the sender's own devices only.</param>
/// <param name="Content">What it says.</param>
/// <param name="Timestamp">The server's clock, whole milliseconds; for display, never for order.</param>
public sealed record LoggedMessage(
    MessageId Id, ConversationId Conversation, SeqNo SeqNo, DeviceAddress Sender, string ClientMsgId, MessageContent Content,
    DateTimeOffset Timestamp)
{
    // Names of fields, punctuation, numbers and UUIDs.
    private const int FixedJsonBytes = 256;

    /// <summary>Bytes of the message as JSON at most, whichever transport shows it.</summary>
    public int MaxJsonBytes() =>
        FixedJsonBytes + Conversation.Value.Length + Sender.User.Value.Length + (2 * ClientMsgId.Length) + JsonText.MaxBytes(Content.Text);
}
