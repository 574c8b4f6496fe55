using System.ComponentModel.DataAnnotations;

namespace Chat.Modules.Groups;

/// <summary>Section <c>Groups</c>: how large groups may grow, and how much of them is kept in memory.</summary>
internal sealed class GroupsOptions
{
    /// <summary>Members of one group, the owner among them. 2 to 100 000; default 10 000. A group that is larger already only shrinks.</summary>
    [Range(2, 100_000)] public int MaxMembers { get; init; } = 10_000;

    /// <summary>
    /// Groups that one user has made, and as many again that people have added it to whom it has written to. Over it the maker is refused, and
    /// who would be added is left out. 1 to 100 000; default 1 000.
    /// </summary>
    [Range(1, 100_000)] public int MaxGroupsPerUser { get; init; } = 1_000;

    /// <summary>Groups that one user was added to by people whom it has never written to; over it the user is left out. 0 to 100 000; default 100.</summary>
    [Range(0, 100_000)] public int MaxGroupsByStrangers { get; init; } = 100;

    /// <summary>Users named in one request that makes a group or adds members. 1 to 10 000; default 1 000.</summary>
    [Range(1, 10_000)] public int MaxMembersPerRequest { get; init; } = 1_000;

    /// <summary>
    /// Members of the groups kept in memory, all groups together; each group counts 4 more. About 200 bytes each. Beyond it groups that were
    /// not used lately make room. 100 000 to 100 000 000; default 500 000.
    /// </summary>
    [Range(100_000, 100_000_000)] public int CachedMembers { get; init; } = 500_000;

    /// <summary>
    /// Entries of the users' lists of groups kept in memory, all users together; each user counts 4 more. About 200 bytes each. Beyond it
    /// users that were not asked for lately make room. 100 000 to 100 000 000; default 500 000.
    /// </summary>
    [Range(100_000, 100_000_000)] public int CachedMemberships { get; init; } = 500_000;

    /// <summary>
    /// Where several hosts share the stores, how long one of them may go on by what it knows of groups and memberships after another has
    /// changed them, in ms: so long a member who was removed elsewhere may still post and read. 0 to 60 000; default 1 000. No meaning for
    /// the embedded stores, which one host has to itself.
    /// </summary>
    [Range(0, 60_000)] public int MaxStalenessMs { get; init; } = 1_000;
}
