using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Cursors;

/// <summary>Whose cursor, and where. Without a device it is the user's: the furthest device, and what was read.</summary>
internal readonly record struct CursorKey(UserId User, DeviceId? Device, ConversationId Conversation);

/// <summary>How far it got. <paramref name="Read"/> is the user's alone; a device's is <see cref="SeqNo.None"/>.</summary>
internal readonly record struct CursorValue(SeqNo Delivered, SeqNo Read)
{
    public static CursorValue Max(CursorValue a, CursorValue b) => new(SeqNo.Max(a.Delivered, b.Delivered), SeqNo.Max(a.Read, b.Read));
}

/// <summary>Whether a device that connects has been here before.</summary>
internal enum DeviceStanding
{
    /// <summary>It has its cursors.</summary>
    Known,

    /// <summary>It is new, and the only one of its user: everything that waits is for it.</summary>
    First,

    /// <summary>It is new, and its user has others: it begins at the heads.</summary>
    Later,
}

/// <summary>The cursors that outlive the process.</summary>
/// <remarks>A cursor never moves back, in whatever order values are saved. Passes CursorStoreContract.</remarks>
internal interface ICursorStore
{
    ValueTask<DeviceStanding> GetStandingAsync(DeviceAddress device, CancellationToken ct);

    /// <summary>Adds a device, with the seqNos at which it begins; in other conversations it begins at the first message. Adding it twice changes nothing.</summary>
    Task AddDeviceAsync(DeviceAddress device, IReadOnlyDictionary<ConversationId, SeqNo> starts, CancellationToken ct);

    /// <summary>Forgets a device and its cursors; an unknown one is passed over.</summary>
    Task RemoveDeviceAsync(DeviceAddress device, CancellationToken ct);

    /// <summary>
    /// The position of the log's feed up to which a known device has everything in its direct conversations, as it was noted last; null where
    /// nothing was noted.
    /// </summary>
    ValueTask<FeedPosition?> ReadDrainedAsync(DeviceAddress device, CancellationToken ct);

    /// <summary>Notes that position for a known device; an unknown one is passed over.</summary>
    Task SaveDrainedAsync(DeviceAddress device, FeedPosition position, CancellationToken ct);

    /// <summary>One cursor; zeros where there is none.</summary>
    ValueTask<CursorValue> ReadAsync(CursorKey key, CancellationToken ct);

    /// <summary>How far users have got in a conversation: their own cursors, without those of their devices. A user without a cursor is left out.</summary>
    ValueTask<IReadOnlyDictionary<UserId, CursorValue>> ReadUsersAsync(
        ConversationId conversation, IReadOnlyCollection<UserId> users, CancellationToken ct);

    /// <summary>All cursors of a device, or with a null <paramref name="device"/> the user's own.</summary>
    ValueTask<IReadOnlyDictionary<ConversationId, CursorValue>> ReadAllAsync(UserId user, DeviceId? device, CancellationToken ct);

    /// <summary>As <see cref="ReadAllAsync"/>, of these conversations; others may be in the answer.</summary>
    ValueTask<IReadOnlyDictionary<ConversationId, CursorValue>> ReadAsync(
        UserId user, DeviceId? device, IReadOnlyCollection<ConversationId> conversations, CancellationToken ct);

    /// <summary>Moves cursors forward; those that are further already stay. One that cannot be moved holds up no other.</summary>
    /// <returns>Those that may not have moved, each with the reason; none where all have.</returns>
    Task<IReadOnlyDictionary<CursorKey, Exception>> SaveAsync(IReadOnlyCollection<KeyValuePair<CursorKey, CursorValue>> cursors, CancellationToken ct);
}
