using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Delivery.Notifications.Due;

/// <summary>The queues in memory, for servers with a shared database and without Redis: each has its own, and looks again at what was touched lately when it starts.</summary>
internal sealed class MemoryDueStore(TimeProvider clock) : IDueStore
{
    private readonly Lock _gate = new();
    private readonly SteadyTime _time = new(clock);

    // Both under _gate. Entries of the order that are not their device's due time any more are passed over.
    private readonly Dictionary<(PushKind, DeviceAddress), Waiting> _devices = [];
    private readonly Dictionary<PushKind, PriorityQueue<Waiting, DateTimeOffset>> _order = [];

    // What the next one who asks is told; one asks at a time.
    private Rebuild _rebuild = Rebuild.Begun;

    public Task AddAsync(PushKind kind, IReadOnlyCollection<DueItem> items, CancellationToken ct)
    {
        lock (_gate)
        {
            foreach (var item in items)
            {
                if (!_devices.TryGetValue((kind, item.Device), out var device))
                {
                    _devices.Add((kind, item.Device), device = new Waiting(kind, item.Device));
                    Put(device, _time.Now);
                }
                else if (device.Claim is null && device.Attempts == 0 && device.DueAt > _time.Now)
                {
                    Put(device, _time.Now);
                }
                device.Items[item.Conversation] = !device.Items.TryGetValue(item.Conversation, out var there) ? item
                    : item with { UpTo = SeqNo.Max(item.UpTo, there.UpTo), Since = there.Since < item.Since ? there.Since : item.Since };
            }
        }
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<DueClaim>> ClaimAsync(PushKind kind, int maxDevices, TimeSpan lease, CancellationToken ct)
    {
        var claims = new List<DueClaim>();
        lock (_gate)
        {
            var now = _time.Now;
            while (claims.Count < maxDevices && OrderOf(kind).TryPeek(out var device, out var dueAt) && dueAt <= now)
            {
                OrderOf(kind).Dequeue();
                if (device.DueAt != dueAt || _devices.GetValueOrDefault((kind, device.Device)) != device)
                    continue;
                device.Claim = Guid.CreateVersion7(now);
                Put(device, now + lease);
                claims.Add(new DueClaim(
                    kind, device.Device, device.Claim.Value,
                    [.. device.Items.Values.OrderBy(item => item.Since).ThenBy(item => item.Conversation.Value, StringComparer.Ordinal).Take(IDueStore.MaxItems)],
                    device.Attempts, device.Reason));
            }
        }
        return Task.FromResult<IReadOnlyList<DueClaim>>(claims);
    }

    public Task SettleAsync(DueClaim claim, DueSettlement settlement, CancellationToken ct)
    {
        lock (_gate)
        {
            if (!_devices.TryGetValue((claim.Kind, claim.Device), out var device) || device.Claim != claim.Token)
                return Task.CompletedTask;
            foreach (var done in settlement.Done)
            {
                if (device.Items.TryGetValue(done.Conversation, out var item) && item.UpTo <= done.UpTo)
                    device.Items.Remove(done.Conversation);
            }
            (device.Claim, device.Attempts, device.Reason) = (null, settlement.Attempts, settlement.Reason);
            if (device.Items.Count == 0)
                _devices.Remove((claim.Kind, claim.Device));
            else
                Put(device, _time.Now + settlement.Pause);
        }
        return Task.CompletedTask;
    }

    public Task<DueSummary> SummariseAsync(PushKind kind, CancellationToken ct)
    {
        lock (_gate)
        {
            var items = _devices.Where(device => device.Key.Item1 == kind).ToList();
            return Task.FromResult(new DueSummary(
                items.Count, items.SelectMany(device => device.Value.Items.Values).Select(item => (DateTimeOffset?)item.Since).Min()));
        }
    }

    public Task<Rebuild> TryRebuildAsync(TimeSpan lease, CancellationToken ct)
    {
        var before = _rebuild;
        if (_rebuild is Rebuild.Begun)
            _rebuild = Rebuild.Continued;
        return Task.FromResult(before);
    }

    public Task MarkWholeAsync(CancellationToken ct)
    {
        _rebuild = Rebuild.None;
        return Task.CompletedTask;
    }

    // Under _gate, as below.
    private void Put(Waiting device, DateTimeOffset dueAt)
    {
        device.DueAt = dueAt;
        OrderOf(device.Kind).Enqueue(device, dueAt);
    }

    private PriorityQueue<Waiting, DateTimeOffset> OrderOf(PushKind kind) =>
        _order.TryGetValue(kind, out var order) ? order : _order[kind] = new PriorityQueue<Waiting, DateTimeOffset>();

    private sealed class Waiting(PushKind kind, DeviceAddress device)
    {
        public PushKind Kind => kind;

        public DeviceAddress Device => device;

        public Dictionary<ConversationId, DueItem> Items { get; } = [];

        public DateTimeOffset DueAt { get; set; }

        public Guid? Claim { get; set; }

        public int Attempts { get; set; }

        public string? Reason { get; set; }
    }
}
