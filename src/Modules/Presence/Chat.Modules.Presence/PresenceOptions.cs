using System.ComponentModel.DataAnnotations;

namespace Chat.Modules.Presence;

/// <summary>Section <c>Presence</c>: online state, subscriptions and typing.</summary>
internal sealed class PresenceOptions
{
    /// <summary>Milliseconds for which a user without a connection still counts as online, so that a reconnect is no news. 0 to 60 000; default 2 000.</summary>
    [Range(0, 60_000)] public int OfflineGraceMs { get; init; } = 2_000;

    /// <summary>Users that one connection may watch. More is <c>too_large</c>. 1 to 10 000; default 500.</summary>
    [Range(1, 10_000)] public int MaxSubscriptionsPerConnection { get; init; } = 500;

    /// <summary>
    /// Subscriptions of all connections of the node together, about 150 bytes each; more is <c>unavailable</c>. Also what bounds the users
    /// whose change waits to be announced. 1 to 100 000 000; default 1 000 000.
    /// </summary>
    [Range(1, 100_000_000)] public int MaxSubscriptions { get; init; } = 1_000_000;

    /// <summary>Last-seen times that may wait to be written; when full, another user keeps the time that is stored. 1 to 10 000 000; default 100 000.</summary>
    [Range(1, 10_000_000)] public int MaxWaitingLastSeen { get; init; } = 100_000;

    /// <summary>Milliseconds for which a device's repeating of the same typing state in a conversation is shown to nobody. 0 to 60 000; default 1 000.</summary>
    [Range(0, 60_000)] public int TypingRepeatAfterMs { get; init; } = 1_000;

    /// <summary>Typing is shown in conversations of at most so many members; in larger ones it is accepted and shown to nobody. 0 to 10 000; default 64.</summary>
    [Range(0, 10_000)] public int TypingMaxMembers { get; init; } = 64;

    /// <summary>Typing states remembered to tell repeats; when full, the oldest is forgotten and its repeat shown once more. 1 to 10 000 000; default 65 536.</summary>
    [Range(1, 10_000_000)] public int MaxTypingStates { get; init; } = 65_536;
}
