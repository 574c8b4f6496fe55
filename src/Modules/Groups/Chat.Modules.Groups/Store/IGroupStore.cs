using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Groups.Domain;

namespace Chat.Modules.Groups.Store;

/// <summary>Keeps the groups. A read that starts after a save returned sees that save. Passes GroupStoreContract.</summary>
internal interface IGroupStore
{
    /// <summary>
    /// For how long after a read its answer may be used without asking the store again. <see cref="Timeout.InfiniteTimeSpan"/> where only this
    /// process changes the store.
    /// </summary>
    TimeSpan MaxAge { get; }

    /// <summary>A group as of one version; null where there is none, or no longer.</summary>
    Task<GroupState?> FindAsync(ConversationId group, CancellationToken ct);

    /// <summary>The version that <see cref="FindAsync"/> would find, for less; null where there is no such group.</summary>
    Task<long?> FindVersionAsync(ConversationId group, CancellationToken ct);

    /// <summary>The groups of a user, in no order; empty for a user in none.</summary>
    Task<IReadOnlyList<JoinedGroup>> FindGroupsOfAsync(UserId user, CancellationToken ct);

    /// <summary>Of some users those who are in a group with a user, in no order.</summary>
    Task<IReadOnlyList<UserId>> FindSharingAsync(UserId user, IReadOnlyCollection<UserId> others, CancellationToken ct);

    /// <summary>
    /// Makes a change durable, all of it or nothing: makes the group where <see cref="GroupChange.Before"/> is null, ends it where
    /// <see cref="GroupChange.After"/> has no members.
    /// </summary>
    /// <param name="change">Not <see cref="GroupChange.IsNone"/>.</param>
    /// <param name="limits">Refused with <see cref="SaveOutcome.TooManyGroups"/> where an added user is in as many already in the way that it is added.</param>
    /// <param name="ct">Gives up before the change was begun.</param>
    /// <exception cref="StoreUnavailableException">No answer in time; the change may have happened: read the group again.</exception>
    Task<SaveOutcome> SaveAsync(GroupChange change, GroupLimits limits, CancellationToken ct);

    /// <summary>Of those whom a change adds the ones for whom it is refused with <see cref="SaveOutcome.TooManyGroups"/>, as it is now.</summary>
    Task<IReadOnlyList<UserId>> FindFullAsync(GroupChange change, GroupLimits limits, CancellationToken ct);
}

/// <summary>What came of a save.</summary>
internal enum SaveOutcome
{
    /// <summary>It is durable.</summary>
    Saved,

    /// <summary>The group is not at the version before the change any more: decide again on what it is now.</summary>
    OutOfDate,

    /// <summary>An added user is in as many groups as a user can be, by how it is added.</summary>
    TooManyGroups,
}
