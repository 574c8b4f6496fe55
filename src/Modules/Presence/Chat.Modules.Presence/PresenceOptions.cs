using System.ComponentModel.DataAnnotations;

namespace Chat.Modules.Presence;

/// <summary>Section <c>Presence</c>: online state, subscriptions and typing.</summary>
internal sealed class PresenceOptions
{
    /// <summary>How long a user without a connection still counts as online, in milliseconds, so that a reconnect is not announced. 0 to 60 000; default 2 000.</summary>
    [Range(0, 60_000)] public int OfflineGraceMs { get; init; } = 2_000;

    /// <summary>The most users that one connection may subscribe to; more is <c>too_large</c>. 1 to 10 000; default 500.</summary>
    [Range(1, 10_000)] public int MaxSubscriptionsPerConnection { get; init; } = 500;

    /// <summary>
    /// The most subscriptions of all connections of the node together, about 150 bytes each; more is <c>unavailable</c>. Also the most users whose change
    /// waits to be announced. 1 to 100 000 000; default 1 000 000.
    /// </summary>
    [Range(1, 100_000_000)] public int MaxSubscriptions { get; init; } = 1_000_000;

    /// <summary>
    /// How long a subscription waits until all other servers have said who is online there, in milliseconds. If some are slower, what they say later is announced.
    /// 0 to 10 000; default 250.
    /// </summary>
    [Range(0, 10_000)] public int AnswerTimeoutMs { get; init; } = 250;

    /// <summary>
    /// The most users whom other servers watch here, one for each server and user, about 100 bytes each. A server that watches more is told every change. 1 to
    /// 100 000 000; default 1 000 000.
    /// </summary>
    [Range(1, 100_000_000)] public int MaxRemoteInterests { get; init; } = 1_000_000;

    /// <summary>Users a second that a server names to another one, when that may have lost whom it watches, or its answers were lost. 100 to 1 000 000; default 20 000.</summary>
    [Range(100, 1_000_000)] public int DeclarationsPerSecond { get; init; } = 20_000;

    /// <summary>The most last-seen times that wait to be written; when full, further users keep their stored time. 1 to 10 000 000; default 100 000.</summary>
    [Range(1, 10_000_000)] public int MaxWaitingLastSeen { get; init; } = 100_000;

    /// <summary>For how long a device's repetition of the same typing state in a conversation is not shown, in milliseconds. 0 to 60 000; default 1 000.</summary>
    [Range(0, 60_000)] public int TypingRepeatAfterMs { get; init; } = 1_000;

    /// <summary>Typing is shown in conversations of at most so many members; in larger ones it is accepted but not shown. 0 to 10 000; default 64.</summary>
    [Range(0, 10_000)] public int TypingMaxMembers { get; init; } = 64;

    /// <summary>The typing states remembered to detect repetitions; when full, the oldest is removed, and its repetition is shown once more. 1 to 10 000 000; default 65 536.</summary>
    [Range(1, 10_000_000)] public int MaxTypingStates { get; init; } = 65_536;
}
