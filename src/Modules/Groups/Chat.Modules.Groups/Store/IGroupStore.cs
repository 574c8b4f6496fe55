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

    /// <summary>A group at one version; null if there is none, or no longer.</summary>
    Task<GroupState?> FindAsync(ConversationId group, CancellationToken ct);

    /// <summary>The version that <see cref="FindAsync"/> would return, at lower cost; null if there is no such group.</summary>
    Task<long?> FindVersionAsync(ConversationId group, CancellationToken ct);

    /// <summary>The groups of a user, in no order; empty for a user in none.</summary>
    Task<IReadOnlyList<JoinedGroup>> FindGroupsOfAsync(UserId user, CancellationToken ct);

    /// <summary>Of some users, those who share a group with a user, in no order.</summary>
    Task<IReadOnlyList<UserId>> FindSharingAsync(UserId user, IReadOnlyCollection<UserId> others, CancellationToken ct);

    /// <summary>
    /// Saves a change durably and atomically: creates the group if <see cref="GroupChange.Before"/> is null, deletes it if <see cref="GroupChange.After"/> has no
    /// members.
    /// </summary>
    /// <param name="change">Not <see cref="GroupChange.IsNone"/>.</param>
    /// <param name="limits">Refused with <see cref="SaveOutcome.TooManyGroups"/> if an added user has reached its limit.</param>
    /// <param name="ct">Cancels only until the save begins.</param>
    /// <exception cref="StoreUnavailableException">No answer in time. The change may have been saved: read the group again.</exception>
    Task<SaveOutcome> SaveAsync(GroupChange change, GroupLimits limits, CancellationToken ct);

    /// <summary>
    /// The notices of a group that are not known to be in its log, in the order of their changes. They are saved with their change (<see cref="GroupChange.Notices"/>), all or none.
    /// </summary>
    Task<IReadOnlyList<PendingNotices>> FindNoticesAsync(ConversationId group, CancellationToken ct);

    /// <summary>They are in the log. If this fails, or is not done, they are found again.</summary>
    Task RemoveNoticesAsync(ConversationId group, IReadOnlyList<PendingNotices> appended, CancellationToken ct);

    /// <summary>The groups with notices of <see cref="FindNoticesAsync"/>; on a cluster without those of a few seconds ago, which the server that made the change appends.</summary>
    Task<IReadOnlyList<ConversationId>> FindGroupsWithNoticesAsync(CancellationToken ct);

    /// <summary>The added users of a change who have reached their limit now.</summary>
    Task<IReadOnlyList<UserId>> FindFullAsync(GroupChange change, GroupLimits limits, CancellationToken ct);
}

/// <summary>The outcome of a save.</summary>
internal enum SaveOutcome
{
    /// <summary>The change is durable.</summary>
    Saved,

    /// <summary>The group has another version by now: decide again on that one.</summary>
    OutOfDate,

    /// <summary>An added user has reached its limit of groups.</summary>
    TooManyGroups,

    /// <summary>The notices of earlier changes, which are not in the log yet, are too much (<see cref="PendingNotices.MaxBytes"/>). A change that ends the group is made all the same.</summary>
    TooManyNotices,
}
