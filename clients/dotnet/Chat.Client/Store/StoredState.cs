using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Chat.Client;

/// <summary>All that a store holds, except the messages.</summary>
/// <param name="Installation">Null in a new store.</param>
/// <param name="Conversations">In any order.</param>
/// <param name="Outbox">In the order written.</param>
public sealed record StoredState(
    StoredInstallation? Installation, IReadOnlyList<StoredConversation> Conversations, IReadOnlyList<Outgoing> Outbox);

/// <summary>The installation and its session.</summary>
/// <param name="DeviceId">Made with the store, and replaced after it was revoked.</param>
/// <param name="UserId">Whose conversations and outbox these are; null for nobody's.</param>
/// <param name="Tokens">The session; null while signed out.</param>
/// <param name="Epoch">Of the server's log; null before the first welcome.</param>
public sealed record StoredInstallation(string DeviceId, string? UserId = null, StoredTokens? Tokens = null, string? Epoch = null);

/// <summary>A session's tokens: secrets.</summary>
/// <param name="Access">For every request.</param>
/// <param name="Refresh">For the next pair; good once.</param>
/// <param name="IssuedAt">By this machine's clock.</param>
/// <param name="ExpiresAt">When the access token expires, by this machine's clock.</param>
public sealed record StoredTokens(string Access, string Refresh, DateTimeOffset IssuedAt, DateTimeOffset ExpiresAt)
{
    /// <summary>Contains no token.</summary>
    public override string ToString() => $"{nameof(StoredTokens)} to {ExpiresAt:O}";
}

/// <summary>What is known of a conversation. In JSON some properties keep the names that they had in the first version.</summary>
public sealed record StoredConversation
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>A group's name, once it is known.</summary>
    public string? Title { get; init; }

    /// <summary>The user is no longer a member; it stays while there are unsent messages to it.</summary>
    public bool IsLeft { get; init; }

    /// <summary>The highest seqNo known to exist; 0 for none.</summary>
    public long MaxSeqNo { get; init; }

    /// <summary>The user's read cursor; 0 for none.</summary>
    public long ReadSeqNo { get; init; }

    /// <summary>How many messages of others lie above <see cref="ReadSeqNo"/>, as far as known; at most 100.</summary>
    [JsonPropertyName("unread")]
    public int UnreadCount { get; init; }

    /// <summary>Those of the unread messages that mention the user, as far as known; at most 100.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int UnreadMentions { get; init; }

    /// <summary>There are more than <see cref="UnreadCount"/> unread messages.</summary>
    public bool UnreadCapped { get; init; }

    /// <summary><see cref="UnreadCount"/> is the server's number up to here; each message above it is counted when it arrives.</summary>
    [JsonPropertyName("listedTo")]
    public long CountedSeqNo { get; init; }

    /// <summary>The highest seqNo that this device has acked as delivered or read, or was about to; 0 for none.</summary>
    [JsonPropertyName("ackedTo")]
    public long AckedSeqNo { get; init; }

    /// <summary>The ranges of which every message and notice is in the store.</summary>
    [JsonPropertyName("spans")]
    public ImmutableArray<SeqNoRange> Complete { get; init; } = [];

    /// <summary>
    /// Where messages in the store may lack changes: they are shown as they are, and read again. It may have numbers of messages that lack none, and of no
    /// message.
    /// </summary>
    public ImmutableArray<SeqNoRange> Stale { get; init; } = [];

    /// <summary>The newest message known; it need not be in the store.</summary>
    public Message? LastMessage { get; init; }

    /// <summary>Until when the user is not notified of its messages; null if it is not muted. It may have passed.</summary>
    public DateTimeOffset? MutedUntil { get; init; }

    /// <summary>Out of the list, until its next message, or as long as it is muted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Archived { get; init; }

    /// <summary>To be shown before the others.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Pinned { get; init; }

    /// <summary>Until the user reads on.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool MarkedUnread { get; init; }

    /// <summary>What stands up to this seqNo is not shown any more, and not in the store; 0 for nothing. It is a part of <see cref="Complete"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long ClearedUpTo { get; init; }

    /// <summary>What is written and not sent; null for nothing.</summary>
    public string? Draft { get; init; }

    /// <summary>The receipts table: how far each other user has got.</summary>
    [JsonPropertyName("cursors")]
    public ImmutableDictionary<string, Cursors> Receipts { get; init; } = ImmutableDictionary<string, Cursors>.Empty;

    /// <summary>Whether <see cref="Receipts"/> has every member.</summary>
    public bool KnowsMembers { get; init; }

    /// <summary>When this client first heard of it, or its last message was written before all of it was cleared.</summary>
    public DateTimeOffset KnownSince { get; init; }
}

/// <summary>How far a user has got in a conversation. Cumulative: everything up to a cursor was delivered or read.</summary>
/// <param name="Delivered">On one of the user's devices.</param>
/// <param name="Read">Never above <paramref name="Delivered"/>.</param>
public readonly record struct Cursors(long Delivered, long Read)
{
    internal Cursors Raised(long delivered, long read) =>
        new(Math.Max(Math.Max(Delivered, delivered), read), Math.Max(Read, read));
}
