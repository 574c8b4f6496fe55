using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>An entry of the log: a message, a change of one or of the conversation, or a notice.</summary>
/// <param name="Id">The server's id.</param>
/// <param name="Conversation">Its conversation.</param>
/// <param name="SeqNo">Its number in the conversation.</param>
/// <param name="Sender">The sending device; of a notice the user who did what it tells, and no device.</param>
/// <param name="ClientMsgId">The sender's id of the attempt; shown to the sender's own devices only, and that of a notice to nobody.</param>
/// <param name="Content">The content as it was sent.</param>
/// <param name="Timestamp">By the server's clock, in whole milliseconds; for display, not for order.</param>
public sealed record LoggedMessage(
    MessageId Id, ConversationId Conversation, SeqNo SeqNo, DeviceAddress Sender, string ClientMsgId, MessageContent Content,
    DateTimeOffset Timestamp)
{
    // Names of fields, punctuation, numbers and UUIDs.
    private const int FixedJsonBytes = 288;

    /// <summary>Its present state; null if nothing has changed it. Only what is read from the log has it.</summary>
    public MessageState? State { get; init; }

    /// <summary>Whether clients are shown it as a message; a deleted one as its place. If not, it is a change or a hole.</summary>
    public bool IsShown => Content.IsShown || State?.Deletion is not null;

    /// <summary>Whether a device has sent it itself: it has the ack, and needs no push.</summary>
    public bool IsSentBy(DeviceAddress device) => Sender == device && Content.Kind != MessageKind.Notice;

    /// <summary>The present text; empty if it is deleted.</summary>
    public Utf8Text ShownText => State is null ? Content.Text : State.Deletion is not null ? default : State.Edit?.Text ?? Content.Text;

    /// <summary>Whom it mentions at present; nobody if it is deleted.</summary>
    public Mentions ShownMentions => (State?.Edit?.Mentions ?? Content.Mentions) ?? Mentions.None;

    /// <summary>The message in a state: a deleted one without its content, which may still be in the store.</summary>
    public LoggedMessage In(MessageState state) =>
        this with { State = state, Content = state.Deletion is not null && Content.IsShown ? Content.ToErased() : Content };

    /// <summary>Bytes of the entry as JSON at most, whichever transport shows it.</summary>
    public int MaxJsonBytes() =>
        FixedJsonBytes + Conversation.Value.Length + Sender.User.Value.Length + (2 * ClientMsgId.Length) + Content.MaxJsonBytes()
        + (State is null ? 0 : State.MaxJsonBytes() + (State.Edit is { } edit ? JsonText.MaxBytes(edit.Text) : 0));
}
