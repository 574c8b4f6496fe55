using System.Collections.Immutable;

namespace Chat.Client;

/// <summary>All that a store holds, but for the messages.</summary>
/// <param name="Installation">Its own row; null in a new store.</param>
/// <param name="Conversations">In any order.</param>
/// <param name="Outbox">In the order written.</param>
public sealed record StoredState(
    StoredInstallation? Installation, IReadOnlyList<StoredConversation> Conversations, IReadOnlyList<Outgoing> Outbox);

/// <summary>What an installation is.</summary>
/// <param name="DeviceId">Made once for the store, and anew after it was revoked.</param>
/// <param name="UserId">Whose conversations and outbox these are; null where nobody's.</param>
/// <param name="Tokens">The session; null while signed out.</param>
/// <param name="Epoch">The log that the conversations are a cache of; null before the first welcome.</param>
public sealed record StoredInstallation(string DeviceId, string? UserId = null, StoredTokens? Tokens = null, string? Epoch = null);

/// <summary>A session's tokens: secrets.</summary>
/// <param name="Access">For every request.</param>
/// <param name="Refresh">For the next pair; good once.</param>
/// <param name="IssuedAt">When they came, by this side's clock.</param>
/// <param name="ExpiresAt">When the access token ends, by this side's clock.</param>
public sealed record StoredTokens(string Access, string Refresh, DateTimeOffset IssuedAt, DateTimeOffset ExpiresAt)
{
    /// <summary>Tells no token.</summary>
    public override string ToString() => $"{nameof(StoredTokens)} to {ExpiresAt:O}";
}

/// <summary>What is known of a conversation.</summary>
public sealed record StoredConversation
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>A group's name, once it is known.</summary>
    public string? Title { get; init; }

    /// <summary>The user is no member any more; it stays for what could not be sent into it.</summary>
    public bool IsLeft { get; init; }

    /// <summary>The highest place known to be taken; 0 for none.</summary>
    public long MaxSeqNo { get; init; }

    /// <summary>How far the user has read; 0 for nothing.</summary>
    public long ReadSeqNo { get; init; }

    /// <summary>How many messages of others lie above <see cref="ReadSeqNo"/>, as far as known; at most 100.</summary>
    public int Unread { get; init; }

    /// <summary>There are more unread messages than <see cref="Unread"/> says.</summary>
    public bool UnreadCapped { get; init; }

    /// <summary>Up to this place <see cref="Unread"/> is the server's figure; above it every message was counted when it came.</summary>
    public long ListedTo { get; init; }

    /// <summary>The highest place that this device has acked in any way, or was about to; 0 for none.</summary>
    public long AckedTo { get; init; }

    /// <summary>What of its log is in the store without a gap.</summary>
    public ImmutableArray<Span> Spans { get; init; } = [];

    /// <summary>The newest message known; it need not be in the store.</summary>
    public Message? LastMessage { get; init; }

    /// <summary>How far each other user has got.</summary>
    public ImmutableDictionary<string, Cursor> Cursors { get; init; } = ImmutableDictionary<string, Cursor>.Empty;

    /// <summary>Whether <see cref="Cursors"/> has every member.</summary>
    public bool KnowsMembers { get; init; }

    /// <summary>When this side first heard of it.</summary>
    public DateTimeOffset KnownSince { get; init; }
}

/// <summary>How far a user has got in a conversation.</summary>
/// <param name="Delivered">Everything up to here is on one of the user's devices.</param>
/// <param name="Read">Everything up to here was read.</param>
public readonly record struct Cursor(long Delivered, long Read)
{
    internal Cursor Raised(long delivered, long read) =>
        new(Math.Max(Math.Max(Delivered, delivered), read), Math.Max(Read, read));
}
