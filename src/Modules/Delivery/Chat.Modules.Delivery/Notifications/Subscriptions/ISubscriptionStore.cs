using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Delivery.Notifications.Subscriptions;

/// <summary>Stores where devices get their push notifications.</summary>
/// <remarks>Passes SubscriptionStoreContract.</remarks>
internal interface ISubscriptionStore
{
    /// <summary>
    /// Puts a device's subscription in place of its earlier one. One of another device with the same address ends, and of a user's, beyond
    /// <paramref name="maxPerUser"/>, those that were put first.
    /// </summary>
    /// <returns>The users of subscriptions that ended by it.</returns>
    Task<IReadOnlyList<UserId>> PutAsync(PushSubscription subscription, int maxPerUser, CancellationToken ct);

    /// <summary>Ends a device's subscription, if it has one.</summary>
    /// <param name="device">Whose.</param>
    /// <param name="id">Only if it is still this one; null for whichever it is.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>Whether it ended.</returns>
    Task<bool> RemoveAsync(DeviceAddress device, Guid? id, CancellationToken ct);

    /// <summary>A device's subscription; null for none.</summary>
    ValueTask<PushSubscription?> FindAsync(DeviceAddress device, CancellationToken ct);

    /// <summary>The subscriptions of some users' devices, in no order. One that ended because its address is another device's may be among them.</summary>
    ValueTask<IReadOnlyList<PushSubscription>> ReadAsync(IReadOnlyCollection<UserId> users, CancellationToken ct);
}
