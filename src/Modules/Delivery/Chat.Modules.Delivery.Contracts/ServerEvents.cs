using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Presence.Contracts;

namespace Chat.Modules.Delivery.Contracts;

/// <summary>A message.</summary>
/// <param name="message">As the log has it.</param>
/// <param name="toSender">Whether the receivers are devices of the sender, who are shown the <c>clientMsgId</c>.</param>
/// <param name="hasOneReceiver">Whether it is for one connection alone.</param>
public sealed class MessageEvent(LoggedMessage message, bool toSender, bool hasOneReceiver = false) : ServerEvent
{
    /// <summary>As the log has it.</summary>
    public LoggedMessage Message => message;

    /// <summary>Whether the receivers are devices of the sender, who are shown the <c>clientMsgId</c>.</summary>
    public bool ToSender => toSender;

    /// <inheritdoc/>
    public override int Size { get; } = message.MaxJsonBytes();

    /// <inheritdoc/>
    public override bool HasOneReceiver => hasOneReceiver;
}

/// <summary>How far a user has got in a conversation: everything of the receiver's up to the seqNo.</summary>
public sealed class ReceiptEvent(ConversationId conversation, MessageId message, SeqNo seqNo, UserId user, AckStatus status) : ServerEvent
{
    /// <summary>Where.</summary>
    public ConversationId Conversation => conversation;

    /// <summary>The message at <see cref="SeqNo"/>.</summary>
    public MessageId Message => message;

    /// <summary>Up to here.</summary>
    public SeqNo SeqNo => seqNo;

    /// <summary>Who has got that far.</summary>
    public UserId User => user;

    /// <summary>Delivered, or read.</summary>
    public AckStatus Status => status;

    /// <inheritdoc/>
    public override object CoalescingKey => (conversation, user, status);

    /// <inheritdoc/>
    public override bool Supersedes(ServerEvent other) => other is not ReceiptEvent receipt || receipt.SeqNo <= seqNo;
}

/// <summary>A large conversation moved on: fetch when you care.</summary>
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

/// <summary>Somebody writes, or has stopped.</summary>
public sealed class TypingEvent(ConversationId conversation, UserId user, bool active) : ServerEvent
{
    /// <summary>Where.</summary>
    public ConversationId Conversation => conversation;

    /// <summary>Who.</summary>
    public UserId User => user;

    /// <summary>Writing now, or no longer.</summary>
    public bool Active => active;

    /// <inheritdoc/>
    public override object CoalescingKey => (conversation, user);
}

/// <summary>Somebody came or went.</summary>
public sealed class PresenceEvent(PresenceState state) : ServerEvent
{
    /// <summary>Who, and how.</summary>
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

/// <summary>A conversation itself changed. Not kept for the absent: the conversation list is the truth.</summary>
public sealed class ConversationEvent(ConversationId conversation, ConversationChange change, UserId? user) : ServerEvent
{
    /// <summary>Which.</summary>
    public ConversationId Conversation => conversation;

    /// <summary>What.</summary>
    public ConversationChange Change => change;

    /// <summary>Whom the change is about; null for none.</summary>
    public UserId? User => user;
}

/// <summary>Everything that was durable when the connection was accepted, or told to resync, has been sent.</summary>
public sealed class CaughtUpEvent : ServerEvent;

/// <summary>The connection was too slow: pending events were dropped, the drain begins again.</summary>
public sealed class ResyncEvent : ServerEvent;

/// <summary>The server is leaving: reconnect after the pause.</summary>
public sealed class GoAwayEvent(TimeSpan after) : ServerEvent
{
    /// <summary>The pause, spread over the connections.</summary>
    public TimeSpan After => after;
}
