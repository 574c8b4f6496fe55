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
public sealed record OwnSettingsChange(DateTimeOffset? MutedUntil);
