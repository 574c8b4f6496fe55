using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>Appends one message to a conversation's log, and answers with its seqNo when it is durable.</summary>
/// <param name="To">The conversation.</param>
/// <param name="Sender">The device that sends.</param>
/// <param name="ClientMsgId">1 to 64 printable ASCII characters, identifies the attempt: the same (sender, id) again answers with the first
/// result and stores nothing, even if the rest differs or the sender is no longer a member.</param>
/// <param name="Content">A text of 1 byte to 16 KiB of UTF-8 (it may be empty where there are media), and optionally the message of the same conversation to
/// which it replies. Without media: what they are is looked up. Its thread, too: see <see cref="Thread"/>.</param>
/// <param name="Media">The files, in the order in which they are shown: at most <see cref="MessageMedia.MaxCount"/>, each once. Null or empty for none.</param>
/// <remarks>Refusals: <c>bad_request</c>, <c>too_large</c>, <c>rate_limited</c>, <c>unavailable</c> (it may be stored later: a retry
/// is safe), <see cref="MessagingErrors.NotAMember"/> (also for a thread that is not there or not shown to the sender), <c>forbidden</c> for a mention of all; <c>not_found</c> and <c>quarantined</c> for a file.</remarks>
public sealed record SendMessage(ConversationId To, DeviceAddress Sender, string ClientMsgId, MessageContent Content, IReadOnlyList<MediaReference>? Media = null)
    : ICommand<SentMessage>, IRateLimited
{
    /// <summary>The message whose thread it goes into, in no thread itself; null for none.</summary>
    public MessageId? Thread { get; init; }

    DeviceAddress IRateLimited.From => Sender;

    RateClass IRateLimited.Rate => RateClass.Send;
}

/// <summary>A stored message: the sender's ack.</summary>
/// <param name="Id">The server's id of the message.</param>
/// <param name="Conversation">Where it stands; for a repeated attempt where the first one went.</param>
/// <param name="SeqNo">Its place there.</param>
/// <param name="Timestamp">The server's clock when it was first accepted.</param>
/// <param name="Duplicate">Whether the attempt was seen before.</param>
public sealed record SentMessage(MessageId Id, ConversationId Conversation, SeqNo SeqNo, DateTimeOffset Timestamp, bool Duplicate);
