namespace Chat.Client;

/// <summary>A conversation as a list shows it.</summary>
/// <param name="Id"><c>dm:{a}:{b}</c> or <c>g:</c> and 32 hex digits.</param>
/// <param name="Kind">Direct or group.</param>
/// <param name="Peer">The other user of a direct conversation; in a note to self the user itself.</param>
/// <param name="Title">A group's name, once it is known.</param>
/// <param name="MaxSeqNo">The seqNo of its newest message; 0 for none.</param>
/// <param name="ReadSeqNo">The user's read cursor.</param>
/// <param name="UnreadCount">How many messages of others lie above it; at most 100.</param>
/// <param name="UnreadCapped">There are more than <paramref name="UnreadCount"/>.</param>
/// <param name="LastMessage">Its newest message, once it is known.</param>
/// <param name="Typing">The other users who are writing now.</param>
/// <param name="IsLeft">The user is no longer a member; it is shown while there are unsent messages to it.</param>
/// <param name="MutedUntil">Until when the user is not notified of its messages; null if it is not muted. It may have passed.</param>
public sealed record Conversation(
    string Id, ConversationKind Kind, string? Peer, string? Title, long MaxSeqNo, long ReadSeqNo, int UnreadCount, bool UnreadCapped,
    Message? LastMessage, IReadOnlyList<string> Typing, bool IsLeft = false, DateTimeOffset? MutedUntil = null)
{
    /// <summary>Those of the unread messages that mention the user; at most 100.</summary>
    public int UnreadMentions { get; init; }

    /// <summary>It is in <see cref="ChatClient.Archived"/>, until its next message, or as long as it is muted.</summary>
    public bool Archived { get; init; }

    /// <summary>The user wants it before the others.</summary>
    public bool Pinned { get; init; }

    /// <summary>The user has marked it as unread; it has not read on since.</summary>
    public bool MarkedUnread { get; init; }

    /// <summary>What stands up to this seqNo is not shown any more; 0 for nothing.</summary>
    public long ClearedUpTo { get; init; }

    /// <summary>What the user has written and not sent, on whichever device; null for nothing.</summary>
    public string? Draft { get; init; }

    /// <summary>When the last message was sent, or the conversation was first known here.</summary>
    public DateTimeOffset Activity { get; init; }

    /// <summary>Its messages in the outbox, in the order in which they are sent.</summary>
    public IReadOnlyList<Outgoing> Outgoing { get; init; } = [];

    /// <summary>Whether the user is to be notified of nothing in it.</summary>
    public bool IsMuted(DateTimeOffset now) => MutedUntil > now;
}

/// <summary>What a conversation is.</summary>
public enum ConversationKind
{
    /// <summary>Of two users; exists without being created.</summary>
    Direct,

    /// <summary>Created by a user, with members.</summary>
    Group,
}
