using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>
/// What a user has set for one conversation, without the draft. Answered from memory for what was asked recently; on a cluster a change made through another server may be
/// <c>Messaging:MaxSettingsAgeMs</c> old before it is seen here. For other modules: checks no membership.
/// </summary>
public sealed record GetOwnSettings(UserId User, ConversationId Conversation) : IQuery<OwnSettings>;

/// <summary>
/// A user's membership in a conversation, as <see cref="GetMembership"/> answers it, but as if the user had joined where it has cleared it last: for whatever is read for the user. As old as <see cref="GetOwnSettings"/>. For other modules.
/// </summary>
public sealed record GetMembershipAsReader(ConversationId Conversation, UserId User) : IQuery<Membership?>;

/// <summary>
/// Those of some members to whom what stands at a place is not shown: they joined later, or have cleared it. Answered from memory for those who were asked for recently. For other modules.
/// </summary>
public sealed record GetNotShown(ConversationId Conversation, SeqNo Place, IReadOnlyCollection<UserId> Members) : IQuery<IReadOnlyCollection<UserId>>;

/// <summary>A user's own settings of one conversation, which no other user sees.</summary>
/// <param name="MutedUntil">Until when the user is not notified of its messages; null if that is over, or was never set.</param>
public sealed record OwnSettings(DateTimeOffset? MutedUntil)
{
    /// <summary>Of a conversation for which nothing was set.</summary>
    public static OwnSettings None { get; } = new(MutedUntil: null);

    /// <summary>Archived while its newest message is below this, and while it is muted; <see cref="SeqNo.None"/>: not archived.</summary>
    public SeqNo ArchivedBelow { get; init; }

    /// <summary>Whether the user has pinned the conversation.</summary>
    public bool IsPinned { get; init; }

    /// <summary>Marked as unread until the user has read up to this; <see cref="SeqNo.None"/>: not marked.</summary>
    public SeqNo UnreadBelow { get; init; }

    /// <summary>The user is not shown what stands up to here; <see cref="SeqNo.None"/>: nothing was cleared.</summary>
    public SeqNo ClearedUpTo { get; init; }

    /// <summary>What the user has written and not sent; null for nothing.</summary>
    public string? Draft { get; init; }

    /// <summary>Whether it is archived, of settings as they count.</summary>
    public bool IsArchived => ArchivedBelow > SeqNo.None;

    /// <summary>Whether it is marked as unread, of settings as they count.</summary>
    public bool IsMarkedUnread => UnreadBelow > SeqNo.None;

    /// <summary>The settings with a mute only if it counts at this time.</summary>
    public OwnSettings At(DateTimeOffset now) => MutedUntil <= now ? this with { MutedUntil = null } : this;

    /// <summary>Whether it is archived, of settings with a mute only if it counts.</summary>
    /// <param name="newest">The conversation's newest message.</param>
    public bool StaysArchived(SeqNo newest) => IsArchived && (newest < ArchivedBelow || MutedUntil is not null);

    /// <summary>The settings as they count.</summary>
    /// <param name="newest">The conversation's newest message: it ends the archiving, unless it is muted.</param>
    /// <param name="read">Up to where the user has read: that ends the mark.</param>
    public OwnSettings At(DateTimeOffset now, SeqNo newest, SeqNo read)
    {
        var counting = At(now);
        var isArchived = counting.StaysArchived(newest);
        return isArchived && read < UnreadBelow ? counting : counting with
        {
            ArchivedBelow = isArchived ? ArchivedBelow : SeqNo.None,
            UnreadBelow = read < UnreadBelow ? UnreadBelow : SeqNo.None,
        };
    }
}

/// <summary>New values of some of a user's own settings, as in <see cref="OwnSettings"/>; null leaves one as it is.</summary>
/// <param name="MutedUntil">In milliseconds. A time that has passed, such as <see cref="DateTimeOffset.UnixEpoch"/>: not muted.</param>
public sealed record OwnSettingsChange(DateTimeOffset? MutedUntil)
{
    /// <summary>Leaves everything as it is.</summary>
    public static OwnSettingsChange Nothing { get; } = new(MutedUntil: null);

    /// <summary><see cref="SeqNo.None"/>: not archived any more.</summary>
    public SeqNo? ArchivedBelow { get; init; }

    /// <inheritdoc cref="OwnSettings.IsPinned"/>
    public bool? IsPinned { get; init; }

    /// <summary><see cref="SeqNo.None"/>: not marked as unread any more.</summary>
    public SeqNo? UnreadBelow { get; init; }

    /// <summary>One below what is set changes nothing.</summary>
    public SeqNo? ClearedUpTo { get; init; }

    /// <summary>Empty: none any more.</summary>
    public string? Draft { get; init; }
}

/// <summary>Changes the caller's own settings of a conversation, and answers with all of them as they count now. Null leaves one as it is.</summary>
/// <param name="MutedUntil">Unix time in milliseconds, from 0 to <see cref="MaxTime"/>; one that has passed, such as 0: not muted.</param>
/// <remarks>
/// Refusals: <c>bad_request</c>, <c>too_large</c>, <c>rate_limited</c>, <see cref="MessagingErrors.NotAMember"/>, <see cref="MessagingErrors.NothingToSet"/>; <c>unavailable</c>: some of it
/// may have been changed.
/// </remarks>
public sealed record ChangeOwnSettings(DeviceAddress Caller, ConversationId Conversation, long? MutedUntil) : ICommand<OwnSettings>, IRateLimited
{
    /// <summary>The end of the year 9999, in milliseconds.</summary>
    public const long MaxTime = 253_402_300_799_999;

    /// <summary>Out of the list, until the conversation's next message, or as long as it is muted.</summary>
    public bool? Archived { get; init; }

    /// <summary>At the top of the list, where the client shows it so.</summary>
    public bool? Pinned { get; init; }

    /// <summary>Marked as unread, until the user reads on.</summary>
    public bool? MarkedUnread { get; init; }

    /// <summary>A seqNo up to the conversation's head: what stands up to it is not shown to the user any more. Archived in the same change, the conversation is gone until its next message.</summary>
    public long? ClearedUpTo { get; init; }

    /// <summary>As long as a text may be; empty for none any more.</summary>
    public string? Draft { get; init; }

    DeviceAddress IRateLimited.From => Caller;

    RateClass IRateLimited.Rate => RateClass.Other;
}

/// <summary>A user has changed its own settings of a conversation.</summary>
public sealed record OwnSettingsChanged(UserId User, ConversationId Conversation, OwnSettingsChange Change) : IEvent;
