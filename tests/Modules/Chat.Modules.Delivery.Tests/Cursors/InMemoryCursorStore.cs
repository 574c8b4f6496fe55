using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Cursors;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Tests.Cursors;

/// <summary>A store that can be away, and can be held in the middle of a save. Passes CursorStoreContract.</summary>
internal sealed class InMemoryCursorStore : ICursorStore
{
    private readonly Lock _gate = new();
    private readonly HashSet<DeviceAddress> _devices = [];
    private readonly Dictionary<DeviceAddress, FeedPosition> _drained = [];
    private readonly Dictionary<CursorKey, CursorValue> _cursors = [];

    /// <summary>Called before each save; what it throws, the save throws.</summary>
    public Action? Saving { get; set; }

    /// <summary>They cannot be saved.</summary>
    public HashSet<CursorKey> Refused { get; } = [];

    public void FailNextSave() => Saving = () =>
    {
        Saving = null;
        throw new StoreUnavailableException("Away.");
    };

    public ValueTask<DeviceStanding> GetStandingAsync(DeviceAddress device, CancellationToken ct)
    {
        lock (_gate)
        {
            return ValueTask.FromResult(
                _devices.Contains(device) ? DeviceStanding.Known
                : _devices.Any(other => other.User == device.User) ? DeviceStanding.Later
                : DeviceStanding.First);
        }
    }

    public Task AddDeviceAsync(DeviceAddress device, IReadOnlyDictionary<ConversationId, SeqNo> starts, CancellationToken ct)
    {
        lock (_gate)
        {
            _devices.Add(device);
            foreach (var (conversation, start) in starts)
                Forward(new CursorKey(device.User, device.Device, conversation), new CursorValue(start, SeqNo.None));
        }
        return Task.CompletedTask;
    }

    public Task RemoveDeviceAsync(DeviceAddress device, CancellationToken ct)
    {
        lock (_gate)
        {
            _devices.Remove(device);
            _drained.Remove(device);
            foreach (var key in _cursors.Keys.Where(key => key.User == device.User && key.Device == device.Device).ToList())
                _cursors.Remove(key);
        }
        return Task.CompletedTask;
    }

    public ValueTask<FeedPosition?> ReadDrainedAsync(DeviceAddress device, CancellationToken ct)
    {
        lock (_gate)
            return ValueTask.FromResult<FeedPosition?>(_drained.TryGetValue(device, out var position) ? position : null);
    }

    public Task SaveDrainedAsync(DeviceAddress device, FeedPosition position, CancellationToken ct)
    {
        lock (_gate)
        {
            if (_devices.Contains(device))
                _drained[device] = position;
        }
        return Task.CompletedTask;
    }

    public async ValueTask<IReadOnlyDictionary<ConversationId, CursorValue>> ReadAsync(
        UserId user, DeviceId? device, IReadOnlyCollection<ConversationId> conversations, CancellationToken ct) =>
        (await ReadAllAsync(user, device, ct)).Where(cursor => conversations.Contains(cursor.Key)).ToDictionary();

    public ValueTask<CursorValue> ReadAsync(CursorKey key, CancellationToken ct)
    {
        lock (_gate)
            return ValueTask.FromResult(_cursors.GetValueOrDefault(key));
    }

    public ValueTask<IReadOnlyDictionary<UserId, CursorValue>> ReadUsersAsync(
        ConversationId conversation, IReadOnlyCollection<UserId> users, CancellationToken ct)
    {
        lock (_gate)
        {
            return ValueTask.FromResult<IReadOnlyDictionary<UserId, CursorValue>>(_cursors
                .Where(cursor => cursor.Key.Device is null && cursor.Key.Conversation == conversation && users.Contains(cursor.Key.User))
                .ToDictionary(cursor => cursor.Key.User, cursor => cursor.Value));
        }
    }

    public ValueTask<IReadOnlyDictionary<ConversationId, CursorValue>> ReadAllAsync(UserId user, DeviceId? device, CancellationToken ct)
    {
        lock (_gate)
        {
            return ValueTask.FromResult<IReadOnlyDictionary<ConversationId, CursorValue>>(_cursors
                .Where(cursor => cursor.Key.User == user && cursor.Key.Device == device)
                .ToDictionary(cursor => cursor.Key.Conversation, cursor => cursor.Value));
        }
    }

    public Task<IReadOnlyDictionary<CursorKey, Exception>> SaveAsync(
        IReadOnlyCollection<KeyValuePair<CursorKey, CursorValue>> cursors, CancellationToken ct)
    {
        Saving?.Invoke();
        var faults = new Dictionary<CursorKey, Exception>();
        lock (_gate)
        {
            foreach (var (key, value) in cursors)
            {
                if (Refused.Contains(key))
                    faults[key] = new StoreUnavailableException("Not this one.");
                else
                    Forward(key, value);
            }
        }
        return Task.FromResult<IReadOnlyDictionary<CursorKey, Exception>>(faults);
    }

    private void Forward(CursorKey key, CursorValue value)
    {
        var known = _cursors.GetValueOrDefault(key);
        _cursors[key] = new CursorValue(SeqNo.Max(known.Delivered, value.Delivered), SeqNo.Max(known.Read, value.Read));
    }
}
