using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Presence.LastSeen;

/// <summary>When each user's last connection ended.</summary>
/// <remarks>Passes LastSeenStoreContract.</remarks>
internal interface ILastSeenStore
{
    /// <summary>A time further in the future was stored while the clock was wrong: it is not returned, and the next one replaces it.</summary>
    static readonly TimeSpan MaxAhead = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Stores times, in milliseconds. A time older than the stored one changes nothing, so a batch may be saved twice. A stored time beyond
    /// <see cref="MaxAhead"/> is always replaced.
    /// </summary>
    /// <param name="times">Each user at most once.</param>
    /// <param name="ct">Cancels the wait; the batch may have been saved.</param>
    /// <exception cref="StoreUnavailableException">The outcome is unknown: save the batch again.</exception>
    Task SaveAsync(IReadOnlyCollection<KeyValuePair<UserId, DateTimeOffset>> times, CancellationToken ct);

    /// <summary>The times of the users who have one not beyond <see cref="MaxAhead"/>.</summary>
    Task<IReadOnlyDictionary<UserId, DateTimeOffset>> GetAsync(IReadOnlyCollection<UserId> users, CancellationToken ct);
}
