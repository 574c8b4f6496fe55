using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Delivery.Notifications.Due;

/// <summary>A device is to be looked at for a conversation: something may be owed to it there, or something that is shown may be withdrawn.</summary>
/// <param name="UpTo">The highest seqNo for which it is looked at.</param>
/// <param name="Since">When the oldest message that may be owed was appended.</param>
internal sealed record DueItem(DeviceAddress Device, ConversationId Conversation, SeqNo UpTo, DateTimeOffset Since);

/// <summary>A device whose notifications one sender has for itself, for the time of a lease.</summary>
/// <param name="Token">Names the claim.</param>
/// <param name="Items">What is due, the oldest first; at most <see cref="IDueStore.MaxItems"/>.</param>
/// <param name="Attempts">That failed since the last one that did not.</param>
/// <param name="Reason">Why the last one failed; null if none did.</param>
internal sealed record DueClaim(PushKind Kind, DeviceAddress Device, Guid Token, IReadOnlyList<DueItem> Items, int Attempts, string? Reason);

/// <summary>How a claim ends.</summary>
/// <param name="Done">Items that are no longer due, unless something was added to them since they were claimed.</param>
/// <param name="Pause">When to look again at what is left.</param>
/// <param name="Attempts">Failed attempts of the device now; above 0 what is added waits for the pause, too.</param>
/// <param name="Reason">Why the last attempt failed; null if it did not.</param>
internal sealed record DueSettlement(IReadOnlyCollection<DueItem> Done, TimeSpan Pause, int Attempts, string? Reason);

/// <param name="Devices">That have something due.</param>
/// <param name="Oldest">The lowest <see cref="DueItem.Since"/>; null for none.</param>
internal readonly record struct DueSummary(long Devices, DateTimeOffset? Oldest);

/// <summary>
/// What is due, a queue for each platform: devices, each with its conversations, in the order in which they are to be looked at. It holds hints: what is in it twice, or is in it
/// no more, costs a look. All of a device is claimed together, so that its notifications are sent in order.
/// </summary>
/// <remarks>Passes DueStoreContract.</remarks>
internal interface IDueStore
{
    /// <summary>The most items of one claim; the device is due again at once if there are more.</summary>
    const int MaxItems = 32;

    /// <summary>
    /// Adds items, due at once; of a device that waits after a failure they wait with it, and of one that is claimed until the claim has ended. An item that is there has the higher
    /// <see cref="DueItem.UpTo"/> and the lower <see cref="DueItem.Since"/> of both.
    /// </summary>
    /// <exception cref="StoreUnavailableException">Some may be added, and some not.</exception>
    Task AddAsync(PushKind kind, IReadOnlyCollection<DueItem> items, CancellationToken ct);

    /// <summary>Claims devices that are due, those that are due longest first. Nobody else gets them before the lease ends or the claim is settled.</summary>
    /// <exception cref="StoreUnavailableException">Some may be claimed: they are due again when the lease has ended.</exception>
    Task<IReadOnlyList<DueClaim>> ClaimAsync(PushKind kind, int maxDevices, TimeSpan lease, CancellationToken ct);

    /// <summary>Ends a claim. Does nothing if its lease had ended and somebody else has claimed the device.</summary>
    /// <exception cref="StoreUnavailableException">It may have ended; if not, it does with its lease.</exception>
    Task SettleAsync(DueClaim claim, DueSettlement settlement, CancellationToken ct);

    Task<DueSummary> SummariseAsync(PushKind kind, CancellationToken ct);

    /// <summary>
    /// Whether what was added may have been lost since <see cref="MarkWholeAsync"/>: a Redis that began with nothing, or a server that began with an empty memory. One
    /// server at a time is to look again, until it marks it whole, or <paramref name="lease"/> ends after its last call.
    /// </summary>
    /// <exception cref="StoreUnavailableException">Not known.</exception>
    Task<Rebuild> TryRebuildAsync(TimeSpan lease, CancellationToken ct);

    /// <summary>All that was lost has been looked at again. Does nothing if more was lost since the last <see cref="TryRebuildAsync"/>.</summary>
    /// <exception cref="StoreUnavailableException">It may be marked.</exception>
    Task MarkWholeAsync(CancellationToken ct);
}

/// <summary>Whether a server is to look again at what was lost.</summary>
internal enum Rebuild
{
    /// <summary>Nothing is lost, or another server looks.</summary>
    None,

    /// <summary>From the beginning.</summary>
    Begun,

    /// <summary>It goes on: nothing was lost since it has begun.</summary>
    Continued,
}
