using System.ComponentModel.DataAnnotations;

namespace Chat.Modules.Groups;

/// <summary>Section <c>Groups</c>: how large groups may grow, and how much of them is kept in memory.</summary>
internal sealed class GroupsOptions
{
    /// <summary>The most members of a group, including the owner. 2 to 100 000; default 10 000. A larger group stays, but takes no new members.</summary>
    [Range(2, 100_000)] public int MaxMembers { get; init; } = 10_000;

    /// <summary>
    /// The most groups that one user has created, and, counted separately, that people it has written to have added it to. Beyond it creating is refused, and
    /// users who would be added are left out. 1 to 100 000; default 1 000.
    /// </summary>
    [Range(1, 100_000)] public int MaxGroupsPerUser { get; init; } = 1_000;

    /// <summary>The most groups that strangers (people it has never written to) have added one user to; beyond it the user is left out. 0 to 100 000; default 100.</summary>
    [Range(0, 100_000)] public int MaxGroupsByStrangers { get; init; } = 100;

    /// <summary>The most users named in one request that creates a group or adds members. 1 to 10 000; default 1 000.</summary>
    [Range(1, 10_000)] public int MaxMembersPerRequest { get; init; } = 1_000;

    /// <summary>
    /// The members of all cached groups together; each group counts 4 more. About 200 bytes each. Beyond it groups that were not used recently are evicted. 100 000 to 100 000 000; default 500 000.
    /// </summary>
    [Range(100_000, 100_000_000)] public int CachedMembers { get; init; } = 500_000;

    /// <summary>
    /// The entries of all cached lists of users' groups together; each user counts 4 more. About 200 bytes each. Beyond it lists that were not used recently
    /// are evicted. 100 000 to 100 000 000; default 500 000.
    /// </summary>
    [Range(100_000, 100_000_000)] public int CachedMemberships { get; init; } = 500_000;

    /// <summary>
    /// How often to look for notices of changes that are not in the log, as a server died or the log took no writes, in milliseconds; also at the start. 1 000 to 600 000; default 10 000.
    /// </summary>
    [Range(1_000, 600_000)] public int NoticeSweepMs { get; init; } = 10_000;

    /// <summary>
    /// On a cluster: for how long a server may use groups and memberships that another has changed, in milliseconds. For so long a member who was removed on
    /// another server may still post and read here. 0 to 60 000; default 1 000. Not used with the embedded stores.
    /// </summary>
    [Range(0, 60_000)] public int MaxStalenessMs { get; init; } = 1_000;

    /// <summary>
    /// On a cluster: cached groups a second that are compared with the store, when another server's word of a change may have been lost. 1 to 1 000 000; default 1 000.
    /// </summary>
    [Range(1, 1_000_000)] public int RefreshesPerSecond { get; init; } = 1_000;
}
