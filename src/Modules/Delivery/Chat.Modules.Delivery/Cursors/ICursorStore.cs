using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Cursors;

/// <summary>The key of a cursor. Without a device it is the user's own: the highest of its devices, and what was read.</summary>
internal readonly record struct CursorKey(UserId User, DeviceId? Device, ConversationId Conversation);

/// <summary>The value of a cursor. Only the user's own has <paramref name="Read"/>; a device's is <see cref="SeqNo.None"/>.</summary>
internal readonly record struct CursorValue(SeqNo Delivered, SeqNo Read)
{
    public static CursorValue Max(CursorValue a, CursorValue b) => new(SeqNo.Max(a.Delivered, b.Delivered), SeqNo.Max(a.Read, b.Read));
}

/// <summary>Whether a connecting device is known.</summary>
internal enum DeviceStanding
{
    /// <summary>It has its cursors.</summary>
    Known,

    /// <summary>It is new, and its user's only one: it gets everything that waits.</summary>
    First,

    /// <summary>It is new, and its user has others: it starts at the heads.</summary>
    Later,
}

/// <summary>Stores the cursors.</summary>
/// <remarks>A cursor never moves back, whatever the order of saves. Passes CursorStoreContract.</remarks>
internal interface ICursorStore
{
    ValueTask<DeviceStanding> GetStandingAsync(DeviceAddress device, CancellationToken ct);

    /// <summary>Adds a device, with the seqNos at which it starts; in other conversations it starts at the first message. Adding it twice changes nothing.</summary>
    Task AddDeviceAsync(DeviceAddress device, IReadOnlyDictionary<ConversationId, SeqNo> starts, CancellationToken ct);

    /// <summary>Removes a device and its cursors, if it is known.</summary>
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

    /// <summary>Moves cursors forward; higher stored values stay. One that fails does not affect the others.</summary>
    /// <returns>The cursors that may not be saved, each with the reason; empty if all are.</returns>
    Task<IReadOnlyDictionary<CursorKey, Exception>> SaveAsync(IReadOnlyCollection<KeyValuePair<CursorKey, CursorValue>> cursors, CancellationToken ct);
}
