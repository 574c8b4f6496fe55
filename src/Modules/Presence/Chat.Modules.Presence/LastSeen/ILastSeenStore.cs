using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Presence.LastSeen;

/// <summary>When each user's last connection ended.</summary>
/// <remarks>Passes LastSeenStoreContract.</remarks>
internal interface ILastSeenStore
{
    /// <summary>A time that is further ahead of the clock was kept while that was wrong: it is told nobody, and the next one takes its place.</summary>
    static readonly TimeSpan MaxAhead = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Keeps times, to the millisecond. One that is older than the time kept changes nothing, so the same batch may be saved twice; but for one
    /// beyond <see cref="MaxAhead"/>, which anything replaces.
    /// </summary>
    /// <param name="times">Each user at most once.</param>
    /// <param name="ct">Gives up waiting; the batch may have been saved.</param>
    /// <exception cref="StoreUnavailableException">Nothing is certain: save the batch again.</exception>
    Task SaveAsync(IReadOnlyCollection<KeyValuePair<UserId, DateTimeOffset>> times, CancellationToken ct);

    /// <summary>The times of those users who have one, none of them beyond <see cref="MaxAhead"/>.</summary>
    Task<IReadOnlyDictionary<UserId, DateTimeOffset>> GetAsync(IReadOnlyCollection<UserId> users, CancellationToken ct);
}
