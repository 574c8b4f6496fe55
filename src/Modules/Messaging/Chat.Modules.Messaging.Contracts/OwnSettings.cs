using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>
/// What a user has set for one conversation. Answered from memory for what was asked recently; on a cluster a change made through another server may be
/// <c>Messaging:MaxSettingsAgeMs</c> old before it is seen here. For other modules: checks no membership.
/// </summary>
public sealed record GetOwnSettings(UserId User, ConversationId Conversation) : IQuery<OwnSettings>;

/// <summary>A user's own settings of one conversation, which no other user sees.</summary>
/// <param name="MutedUntil">Until when the user is not notified of its messages; null if that is over, or was never set.</param>
public sealed record OwnSettings(DateTimeOffset? MutedUntil)
{
    /// <summary>Of a conversation for which nothing was set.</summary>
    public static OwnSettings None { get; } = new(MutedUntil: null);

    /// <summary>The settings as they count at this time.</summary>
    public OwnSettings At(DateTimeOffset now) => MutedUntil <= now ? this with { MutedUntil = null } : this;
}

/// <summary>New values of some of a user's own settings; null leaves one as it is.</summary>
/// <param name="MutedUntil">In milliseconds. A time that has passed, such as <see cref="DateTimeOffset.UnixEpoch"/>: not muted.</param>
public sealed record OwnSettingsChange(DateTimeOffset? MutedUntil)
{
    /// <summary>Leaves everything as it is.</summary>
    public static OwnSettingsChange Nothing { get; } = new(MutedUntil: null);
}

/// <summary>Changes the caller's own settings of a conversation, and answers with all of them as they count now.</summary>
/// <param name="MutedUntil">Unix time in milliseconds, from 0 to <see cref="MaxTime"/>; one that has passed, such as 0: not muted. Null leaves it as it is.</param>
/// <remarks>
/// Refusals: <c>bad_request</c>, <c>rate_limited</c>, <see cref="MessagingErrors.NotAMember"/>, <see cref="MessagingErrors.NothingToSet"/>; <c>unavailable</c>: it
/// may have been changed.
/// </remarks>
public sealed record ChangeOwnSettings(DeviceAddress Caller, ConversationId Conversation, long? MutedUntil) : ICommand<OwnSettings>, IRateLimited
{
    /// <summary>The end of the year 9999, in milliseconds.</summary>
    public const long MaxTime = 253_402_300_799_999;

    DeviceAddress IRateLimited.From => Caller;

    RateClass IRateLimited.Rate => RateClass.Other;
}

/// <summary>A user has changed its own settings of a conversation.</summary>
public sealed record OwnSettingsChanged(UserId User, ConversationId Conversation, OwnSettingsChange Change) : IEvent;
