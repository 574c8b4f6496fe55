using System.Collections.Concurrent;
using Chat.BuildingBlocks.Concurrency;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Cursors;

/// <summary>
/// Tables <c>delivery_cursors</c>, <c>delivery_devices</c> and <c>delivery_drained</c> (cql/). Writing a cursor
/// needs no read and no condition: the seqNo is also the timestamp, so that the highest stays. If a server dies, a cursor may be too low, or a device may
/// still be new: then messages come again, and none is missed.
/// </summary>
internal sealed class CqlCursorStore(ICqlSession session, TimeProvider clock) : ICursorStore
{
    // Statements of one partition; keeps a batch below 50 KiB, at which servers warn.
    private const int MaxBatch = 100;
    private const int MaxParallel = 64;
    private const int ReadsAtOnce = 16;

    // Up to so many cursors are read by key; for more, all of the device are read.
    private const int MaxAsked = 100;
    private const int MaxAttempts = 8;
    private const string NoDevice = "";

    private readonly CqlDeviceGenerations _generations = new(session);

    public async ValueTask<DeviceStanding> GetStandingAsync(DeviceAddress device, CancellationToken ct)
    {
        // Always read: another server may have removed and added the device.
        if ((await _generations.ReadAsync(device, ct)).IsKnown)
            return DeviceStanding.Known;
        byte[]? next = null;
        do
        {
            var page = await session.ExecuteAsync(
                new CqlStatement("SELECT is_known FROM delivery_devices WHERE user_id = ?", device.User.Value) { PagingState = next }, ct);
            if (page.Rows.Any(row => row.Get<bool>(0)))
                return DeviceStanding.Later;
            next = page.PagingState;
        }
        while (next is not null);
        return DeviceStanding.First;
    }

    public async Task AddDeviceAsync(DeviceAddress device, IReadOnlyDictionary<ConversationId, SeqNo> starts, CancellationToken ct)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var row = await _generations.ReadAsync(device, ct);
            // First, so that a known device has all its cursors.
            await SaveAsync(
                device.User, device.Device,
                starts.Select(start => KeyValuePair.Create(new CursorKey(device.User, device.Device, start.Key), new CursorValue(start.Value, SeqNo.None))),
                ct);
            if (row.IsKnown)
                return;
            var added = await session.ExecuteAsync(
                new CqlStatement(
                    "UPDATE delivery_devices SET is_known = true, first_seen = ? WHERE user_id = ? AND device_id = ? IF generation = ?",
                    clock.GetUtcNow(), device.User.Value, device.Device.Value, row.Generation) { Idempotent = false },
                ct);
            if (added.Applied)
                return;
            // Removed meanwhile: the cursors went to the previous generation.
        }
        throw new StoreUnavailableException("The device was removed at every attempt.");
    }

    public async Task RemoveDeviceAsync(DeviceAddress device, CancellationToken ct)
    {
        var row = await _generations.ReadAsync(device, ct);
        var renewed = Guid.CreateVersion7(clock.GetUtcNow());
        var removed = await session.ExecuteAsync(
            new CqlStatement(
                "UPDATE delivery_devices SET is_known = false, generation = ? WHERE user_id = ? AND device_id = ? IF generation = ?",
                renewed, device.User.Value, device.Device.Value, row.Generation) { Idempotent = false },
            ct);
        _generations.Forget(device);
        // Not applied: another server removed the device concurrently.
        if (removed.Applied)
        {
            await session.ExecuteAsync(
                new CqlStatement(
                    "DELETE FROM delivery_cursors WHERE user_id = ? AND device_id = ? AND generation = ?",
                    device.User.Value, device.Device.Value, row.Generation ?? Guid.Empty),
                CancellationToken.None);
            await session.ExecuteAsync(
                new CqlStatement(
                    "DELETE FROM delivery_drained WHERE user_id = ? AND device_id = ? AND generation = ?",
                    device.User.Value, device.Device.Value, row.Generation ?? Guid.Empty),
                CancellationToken.None);
        }
    }

    public async ValueTask<FeedPosition?> ReadDrainedAsync(DeviceAddress device, CancellationToken ct)
    {
        var found = await session.ExecuteAsync(
            new CqlStatement(
                "SELECT epoch, position FROM delivery_drained WHERE user_id = ? AND device_id = ? AND generation = ?",
                device.User.Value, device.Device.Value, await _generations.GetAsync(device, ct)),
            ct);
        return found.Rows is [var row] ? new FeedPosition(row.Get<string>(0), row.Get<long>(1)) : null;
    }

    public async Task SaveDrainedAsync(DeviceAddress device, FeedPosition position, CancellationToken ct)
    {
        var row = await _generations.ReadAsync(device, ct);
        if (!row.IsKnown)
            return;
        await session.ExecuteAsync(
            new CqlStatement(
                "INSERT INTO delivery_drained (user_id, device_id, generation, epoch, position) VALUES (?, ?, ?, ?, ?)",
                device.User.Value, device.Device.Value, row.Generation ?? Guid.Empty, position.Epoch, position.Value),
            ct);
    }

    public async ValueTask<CursorValue> ReadAsync(CursorKey key, CancellationToken ct)
    {
        var found = await session.ExecuteAsync(
            new CqlStatement(
                "SELECT delivered, read FROM delivery_cursors WHERE user_id = ? AND device_id = ? AND generation = ? AND conversation_id = ?",
                key.User.Value, key.Device?.Value ?? NoDevice, await GenerationOfAsync(key.User, key.Device, ct), key.Conversation.Value),
            ct);
        return found.Rows is [var row] ? new CursorValue(Place(row, 0), Place(row, 1)) : default;
    }

    public async ValueTask<IReadOnlyDictionary<UserId, CursorValue>> ReadUsersAsync(
        ConversationId conversation, IReadOnlyCollection<UserId> users, CancellationToken ct)
    {
        var read = await Concurrently.SelectAsync(
            users.ToList(), ReadsAtOnce,
            async (user, cancelled) => KeyValuePair.Create(user, await ReadAsync(new CursorKey(user, null, conversation), cancelled)), ct);
        return read.Where(cursor => cursor.Value != default).ToDictionary();
    }

    public async ValueTask<IReadOnlyDictionary<ConversationId, CursorValue>> ReadAllAsync(UserId user, DeviceId? device, CancellationToken ct) =>
        await ReadAsync(
            new CqlStatement(
                "SELECT conversation_id, delivered, read FROM delivery_cursors WHERE user_id = ? AND device_id = ? AND generation = ?",
                user.Value, device?.Value ?? NoDevice, await GenerationOfAsync(user, device, ct)),
            ct);

    public async ValueTask<IReadOnlyDictionary<ConversationId, CursorValue>> ReadAsync(
        UserId user, DeviceId? device, IReadOnlyCollection<ConversationId> conversations, CancellationToken ct) => conversations.Count > MaxAsked
        ? await ReadAllAsync(user, device, ct)
        : await ReadAsync(
            new CqlStatement(
                """
                SELECT conversation_id, delivered, read FROM delivery_cursors
                WHERE user_id = ? AND device_id = ? AND generation = ? AND conversation_id IN ?
                """,
                user.Value, device?.Value ?? NoDevice, await GenerationOfAsync(user, device, ct), conversations.Select(one => one.Value).ToList()),
            ct);

    private async Task<Dictionary<ConversationId, CursorValue>> ReadAsync(CqlStatement statement, CancellationToken ct)
    {
        var cursors = new Dictionary<ConversationId, CursorValue>();
        for (CqlStatement? next = statement; next is not null;)
        {
            var page = await session.ExecuteAsync(next, ct);
            foreach (var row in page.Rows)
                cursors[ConversationId.Parse(row.Get<string>(0))] = new CursorValue(Place(row, 1), Place(row, 2));
            next = page.PagingState is { } state ? next.After(state) : null;
        }
        return cursors;
    }

    public async Task<IReadOnlyDictionary<CursorKey, Exception>> SaveAsync(
        IReadOnlyCollection<KeyValuePair<CursorKey, CursorValue>> cursors, CancellationToken ct)
    {
        var faults = new ConcurrentDictionary<CursorKey, Exception>();
        await Parallel.ForEachAsync(
            cursors.GroupBy(cursor => (cursor.Key.User, cursor.Key.Device)),
            new ParallelOptions { MaxDegreeOfParallelism = MaxParallel, CancellationToken = ct },
            async (ofOne, cancelled) =>
            {
                try
                {
                    await SaveAsync(ofOne.Key.User, ofOne.Key.Device, ofOne, cancelled);
                }
                catch (Exception e) when (!cancelled.IsCancellationRequested)
                {
                    foreach (var (key, _) in ofOne)
                        faults[key] = e;
                }
            });
        return faults;
    }

    private async Task SaveAsync(UserId user, DeviceId? device, IEnumerable<KeyValuePair<CursorKey, CursorValue>> cursors, CancellationToken ct)
    {
        var generation = await GenerationOfAsync(user, device, ct);
        foreach (var batch in cursors.SelectMany(cursor => Moves(cursor.Key, cursor.Value, generation)).Chunk(MaxBatch))
            await (batch is [var only] ? session.ExecuteAsync(only, ct) : session.ExecuteBatchAsync(batch, ct));
    }

    // A timestamp applies to a whole statement, so each seqNo has its own statement. SeqNo 0 is not written: null means the same, and 0 is no safe timestamp.
    private static IEnumerable<CqlStatement> Moves(CursorKey key, CursorValue value, Guid generation)
    {
        var (user, device, conversation) = (key.User.Value, key.Device?.Value ?? NoDevice, key.Conversation.Value);
        if (value.Delivered > SeqNo.None)
        {
            yield return new CqlStatement(
                """
                UPDATE delivery_cursors USING TIMESTAMP ? SET delivered = ?
                WHERE user_id = ? AND device_id = ? AND generation = ? AND conversation_id = ?
                """,
                value.Delivered.Value, value.Delivered.Value, user, device, generation, conversation);
        }
        if (value.Read > SeqNo.None)
        {
            yield return new CqlStatement(
                "UPDATE delivery_cursors USING TIMESTAMP ? SET read = ? WHERE user_id = ? AND device_id = ? AND generation = ? AND conversation_id = ?",
                value.Read.Value, value.Read.Value, user, device, generation, conversation);
        }
    }

    private ValueTask<Guid> GenerationOfAsync(UserId user, DeviceId? device, CancellationToken ct) =>
        device is { } id ? _generations.GetAsync(new DeviceAddress(user, id), ct) : ValueTask.FromResult(Guid.Empty);

    private static SeqNo Place(CqlRow row, int column) => row.IsNull(column) ? SeqNo.None : new SeqNo(row.Get<long>(column));
}
