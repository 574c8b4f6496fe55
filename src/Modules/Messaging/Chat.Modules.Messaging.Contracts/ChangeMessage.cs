using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.BuildingBlocks.Text;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>
/// Changes a message: appends an entry to the log, and answers with its seqNo when it is durable. What is so already adds no entry, and is answered with the one that
/// made it so.
/// </summary>
/// <param name="To">The message's conversation.</param>
/// <param name="Sender">The device that sends.</param>
/// <param name="ClientMsgId">As in <see cref="SendMessage"/>; the same space of ids.</param>
/// <param name="Target">The message.</param>
/// <param name="Kind">Edit, Delete, Reaction or Pin.</param>
/// <remarks>
/// Refusals, the first of: <c>bad_request</c> for what is malformed, <c>rate_limited</c>, <see cref="MessagingErrors.NotAMember"/> (also where there is no such message, or it is not shown to
/// the sender), <c>bad_request</c> for a target that is a change, <c>forbidden</c>, <c>conflict</c>, <c>too_late</c>, <c>bad_request</c> for a text that is the same, <c>too_large</c>, <c>unavailable</c>.
/// </remarks>
public sealed record ChangeMessage(ConversationId To, DeviceAddress Sender, string ClientMsgId, MessageId Target, MessageKind Kind)
    : ICommand<SentMessage>, IRateLimited
{
    /// <summary>Of an edit: the new text, 1 byte to 16 KiB of UTF-8; may be empty where the message has media.</summary>
    public Utf8Text Text { get; init; }

    /// <summary>Of an edit: whom the message mentions from then on; null: as before.</summary>
    public Mentions? Mentions { get; init; }

    /// <summary>Of a reaction: one emoji of Unicode's RGI set; a missing U+FE0F is added.</summary>
    public string? Emoji { get; init; }

    /// <summary>Of a reaction or pin: set, or take back.</summary>
    public bool On { get; init; } = true;

    /// <summary>Of an edit: the newest change of the message that the device had seen; 0 for none, null to leave it open.</summary>
    public SeqNo? BasedOn { get; init; }

    /// <summary>The newest entry that the device had seen; null to leave it open.</summary>
    public SeqNo? Seen { get; init; }

    DeviceAddress IRateLimited.From => Sender;

    RateClass IRateLimited.Rate => RateClass.Send;
}
