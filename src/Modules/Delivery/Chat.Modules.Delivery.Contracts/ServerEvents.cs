using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Presence.Contracts;

namespace Chat.Modules.Delivery.Contracts;

/// <summary>An entry of the log: a message, or a change of one.</summary>
/// <param name="message">The entry; a message in its present state.</param>
/// <param name="toSender">Whether the receivers are devices of the sender, which get the <c>clientMsgId</c>.</param>
/// <param name="hasOneReceiver">Whether it is for one connection alone.</param>
public abstract class EntryEvent(LoggedMessage message, bool toSender, bool hasOneReceiver) : ServerEvent
{
    /// <summary>The entry.</summary>
    public LoggedMessage Message => message;

    /// <summary>Whether the receivers are devices of the sender, which get the <c>clientMsgId</c>.</summary>
    public bool ToSender => toSender;

    /// <inheritdoc/>
    public override int Size { get; } = message.MaxJsonBytes();

    /// <inheritdoc/>
    public override bool HasOneReceiver => hasOneReceiver;

    /// <summary>The event that tells an entry, which is a message or a change.</summary>
    public static EntryEvent Of(LoggedMessage message, bool toSender, bool hasOneReceiver) =>
        message.Content.IsChange ? new ChangeEvent(message, toSender, hasOneReceiver) : new MessageEvent(message, toSender, hasOneReceiver);
}

/// <summary>A message.</summary>
public sealed class MessageEvent(LoggedMessage message, bool toSender, bool hasOneReceiver = false) : EntryEvent(message, toSender, hasOneReceiver)
{
    /// <summary>The emoji that the receiver has set on it.</summary>
    public IReadOnlyList<string> Mine { get; init; } = [];
}

/// <summary>A change of a message.</summary>
public sealed class ChangeEvent(LoggedMessage change, bool toSender, bool hasOneReceiver = false) : EntryEvent(change, toSender, hasOneReceiver);

/// <summary>A receipt: a user has received, or read, all of the receiver's messages up to a seqNo.</summary>
public sealed class ReceiptEvent(ConversationId conversation, MessageId message, SeqNo seqNo, UserId user, AckStatus status) : ServerEvent
{
    /// <summary>Where.</summary>
    public ConversationId Conversation => conversation;

    /// <summary>The message at <see cref="SeqNo"/>.</summary>
    public MessageId Message => message;

    /// <summary>Up to here.</summary>
    public SeqNo SeqNo => seqNo;

    /// <summary>The user who received or read them.</summary>
    public UserId User => user;

    /// <summary>Delivered, or read.</summary>
    public AckStatus Status => status;

    /// <inheritdoc/>
    public override object CoalescingKey => (conversation, user, status);

    /// <inheritdoc/>
    public override bool Supersedes(ServerEvent other) => other is not ReceiptEvent receipt || receipt.SeqNo <= seqNo;
}

/// <summary>A conversation above the push threshold has new messages: fetch them when needed.</summary>
public sealed class AdvancedEvent(ConversationId conversation, SeqNo maxSeqNo) : ServerEvent
{
    /// <summary>Which.</summary>
    public ConversationId Conversation => conversation;

    /// <summary>Its head.</summary>
    public SeqNo MaxSeqNo => maxSeqNo;

    /// <inheritdoc/>
    public override object CoalescingKey => conversation;

    /// <inheritdoc/>
    public override bool Supersedes(ServerEvent other) => other is not AdvancedEvent hint || hint.MaxSeqNo <= maxSeqNo;
}

/// <summary>A user is typing, or has stopped.</summary>
public sealed class TypingEvent(ConversationId conversation, UserId user, bool active) : ServerEvent
{
    /// <summary>Where.</summary>
    public ConversationId Conversation => conversation;

    /// <summary>Who.</summary>
    public UserId User => user;

    /// <summary>Typing now, or stopped.</summary>
    public bool Active => active;

    /// <inheritdoc/>
    public override object CoalescingKey => (conversation, user);
}

/// <summary>A user went online or offline.</summary>
public sealed class PresenceEvent(PresenceState state) : ServerEvent
{
    /// <summary>The user's state.</summary>
    public PresenceState State => state;

    /// <inheritdoc/>
    public override object CoalescingKey => state.User;
}

/// <summary>What changed about a conversation.</summary>
public enum ConversationChange
{
    /// <summary>The group is new.</summary>
    Created,

    /// <summary>It has another title.</summary>
    TitleChanged,

    /// <summary>A user was added.</summary>
    MemberAdded,

    /// <summary>A user was removed, or left.</summary>
    MemberRemoved,

    /// <summary>A user has another role.</summary>
    RoleChanged,
}

/// <summary>A conversation itself changed. Not kept for absent devices: the list of conversations is the truth.</summary>
public sealed class ConversationEvent(ConversationId conversation, ConversationChange change, UserId? user) : ServerEvent
{
    /// <summary>Which.</summary>
    public ConversationId Conversation => conversation;

    /// <summary>What.</summary>
    public ConversationChange Change => change;

    /// <summary>The user concerned; null for none.</summary>
    public UserId? User => user;
}

/// <summary>The user's own settings of a conversation changed. Not kept for absent devices: the list of conversations is the truth.</summary>
public sealed class OwnSettingsEvent(ConversationId conversation, OwnSettingsChange change) : ServerEvent
{
    /// <summary>Which.</summary>
    public ConversationId Conversation => conversation;

    /// <summary>What changed.</summary>
    public OwnSettingsChange Change => change;

    /// <inheritdoc/>
    public override int Size => base.Size + JsonText.MaxBytes(change.Draft);
}

/// <summary>Everything that was stored when the connection was accepted, or began to resync, was sent.</summary>
public sealed class CaughtUpEvent : ServerEvent;

/// <summary>The connection was too slow: waiting events were dropped, and the drain begins again.</summary>
public sealed class ResyncEvent : ServerEvent;

/// <summary>The server shuts down: reconnect after the pause.</summary>
public sealed class GoAwayEvent(TimeSpan after) : ServerEvent
{
    /// <summary>The pause; different for each connection.</summary>
    public TimeSpan After => after;
}
