using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Delivery.Notifications.Notified;

/// <summary>What a platform was given for a device and a conversation.</summary>
/// <param name="UpTo">The device was notified of everything up to here.</param>
/// <param name="Withdrawn">What was shown up to here was withdrawn.</param>
internal readonly record struct NotifiedPlace(SeqNo UpTo, SeqNo Withdrawn)
{
    /// <summary>Whether the device may still show a notification.</summary>
    public bool IsShown => UpTo > Withdrawn;
}

/// <summary>A place of a device that may still show its notification.</summary>
internal readonly record struct ShownPlace(DateTimeOffset SavedAt, DeviceAddress Device, ConversationId Conversation, NotifiedPlace Place);

/// <summary>Stores up to where devices were notified: what is lost of the queues is not sent a second time.</summary>
/// <remarks>Passes NotifiedStoreContract.</remarks>
internal interface INotifiedStore
{
    /// <summary>How long a place is kept after it was saved: longer than a message can become due again (<see cref="PushOptions.GiveUpAfter"/>). What is shown for longer is not withdrawn.</summary>
    static readonly TimeSpan Life = TimeSpan.FromDays(90);

    /// <summary>Zeros where nothing was sent.</summary>
    ValueTask<NotifiedPlace> ReadAsync(DeviceAddress device, ConversationId conversation, CancellationToken ct);

    /// <summary>Both places of <paramref name="place"/>; the higher ones stay.</summary>
    Task SaveAsync(DeviceAddress device, ConversationId conversation, NotifiedPlace place, CancellationToken ct);

    /// <summary>
    /// Places that were saved at or after a time and of which the device may still show a notification, in the order in which they were saved. None where the store has no such order: a
    /// cluster's.
    /// </summary>
    /// <param name="since">The time.</param>
    /// <param name="after">The last one that was read; null for the first.</param>
    /// <param name="limit">1 or more; fewer are all that is left.</param>
    /// <param name="ct">Gives up waiting.</param>
    Task<IReadOnlyList<ShownPlace>> ReadShownAsync(DateTimeOffset since, ShownPlace? after, int limit, CancellationToken ct);

    /// <summary>Removes all of a device.</summary>
    Task RemoveAsync(DeviceAddress device, CancellationToken ct);
}
