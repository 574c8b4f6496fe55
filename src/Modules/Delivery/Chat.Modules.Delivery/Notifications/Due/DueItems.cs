using Chat.BuildingBlocks.Concurrency;
using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Delivery.Notifications.Due;

/// <summary>Adds to the queues, and wakes this server's senders.</summary>
internal sealed class DueItems(IDueStore store, PushMetrics metrics)
{
    private readonly Dictionary<PushKind, Signal> _added = Enum.GetValues<PushKind>().ToDictionary(kind => kind, _ => new Signal());

    /// <summary>Set when something was added here to a platform's queue.</summary>
    public Signal Added(PushKind kind) => _added[kind];

    /// <inheritdoc cref="IDueStore.AddAsync"/>
    public async Task AddAsync(
        IReadOnlyCollection<PushSubscription> to, ConversationId conversation, SeqNo upTo, DateTimeOffset since, CancellationToken ct)
    {
        foreach (var ofKind in to.GroupBy(subscription => subscription.Kind))
            await AddAsync(ofKind.Key, [.. ofKind.Select(subscription => new DueItem(subscription.Device, conversation, upTo, since))], ct);
    }

    /// <inheritdoc cref="IDueStore.AddAsync"/>
    public async Task AddAsync(PushKind kind, IReadOnlyCollection<DueItem> items, CancellationToken ct)
    {
        if (items.Count == 0)
            return;
        await store.AddAsync(kind, items, ct);
        metrics.Due(kind, items.Count);
        _added[kind].Set();
    }
}
