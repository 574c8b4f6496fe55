using System.Collections.Concurrent;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Cursors;

/// <summary>
/// Caches cursors in front of the store. Changes are saved together every <see cref="DeliveryOptions.CursorFlushMs"/>. Changes lost in a crash bring messages
/// a second time, which is harmless; so does a cursor that another process has moved since. A cursor that is higher here than in the store would skip
/// messages: it is replaced when its device connects.
/// </summary>
internal sealed class CursorTable(ICursorStore store, IOptions<DeliveryOptions> options, TimeProvider clock, ILogger<CursorTable> log) : BackgroundService
{
    private readonly ConcurrentDictionary<CursorKey, Cursor> _cursors = new();
    private readonly ConcurrentQueue<Cursor> _moved = new();
    private readonly Lock _gate = new();

    // Both under _gate.
    private Task<IReadOnlyDictionary<CursorKey, Exception>> _saving =
        Task.FromResult<IReadOnlyDictionary<CursorKey, Exception>>(new Dictionary<CursorKey, Exception>());
    private Task<IReadOnlyDictionary<CursorKey, Exception>>? _nextSaving;

    /// <summary>Awaited before changes are saved, so that what follows from them is durable first. It does not throw.</summary>
    public Func<Task>? BeforeSaving { get; set; }

    /// <summary>The cursor, read from the store if it is not cached.</summary>
    public ValueTask<Cursor> GetAsync(CursorKey key, CancellationToken ct) =>
        _cursors.TryGetValue(key, out var cursor) ? ValueTask.FromResult(cursor) : LoadAsync(key, ct);

    /// <summary>The cursor by the store and by what has moved here since, for who must not go by what is cached alone.</summary>
    public async ValueTask<CursorValue> ReadNewestAsync(CursorKey key, CancellationToken ct)
    {
        // Memory first: a cursor that is evicted in between is in the store by then.
        var moved = _cursors.TryGetValue(key, out var cursor) ? ValueOf(cursor) : default;
        return CursorValue.Max(moved, await store.ReadAsync(key, ct));
    }

    /// <summary>Up to where a user has read in conversations, by the store and by what has moved here since; others may be in the answer.</summary>
    public async ValueTask<IReadOnlyDictionary<ConversationId, SeqNo>> ReadPlacesAsync(UserId user, IReadOnlyCollection<ConversationId> conversations, CancellationToken ct)
    {
        var moved = conversations.Select(conversation => _cursors.TryGetValue(new CursorKey(user, null, conversation), out var cursor) ? cursor.Read : SeqNo.None).ToList();
        var places = (await store.ReadAsync(user, null, conversations, ct)).ToDictionary(cursor => cursor.Key, cursor => cursor.Value.Read);
        foreach (var (conversation, place) in conversations.Zip(moved))
            places[conversation] = SeqNo.Max(places.GetValueOrDefault(conversation), place);
        return places;
    }

    /// <summary>How far users have got in a conversation, by the store and by what has moved here since: one for each user, in the users' order.</summary>
    public async ValueTask<IReadOnlyList<CursorValue>> ReadUsersAsync(ConversationId conversation, IReadOnlyList<UserId> users, CancellationToken ct)
    {
        // Memory first: a cursor that is evicted in between is in the store by then.
        var moved = users.Select(user => _cursors.TryGetValue(new CursorKey(user, null, conversation), out var cursor) ? ValueOf(cursor) : default).ToList();
        var stored = await store.ReadUsersAsync(conversation, users, ct);
        return [.. users.Select((user, index) => CursorValue.Max(moved[index], stored.GetValueOrDefault(user)))];
    }

    /// <summary>
    /// A device has connected, and these are its cursors in the store, read since the last <see cref="SaveAsync(CancellationToken)"/>: they replace
    /// those in memory. Another process may have moved them on, or removed the device and let it begin again, further back.
    /// </summary>
    public void Replace(DeviceAddress device, IEnumerable<KeyValuePair<ConversationId, SeqNo>> stored)
    {
        foreach (var (conversation, delivered) in stored)
        {
            var key = new CursorKey(device.User, device.Device, conversation);
            // An unsaved cursor is newer than the store's.
            if (_cursors.TryGetValue(key, out var cursor) && !cursor.Unsaved && cursor.Delivered != delivered)
                _cursors.TryUpdate(key, new Cursor(key, new CursorValue(delivered, SeqNo.None), _moved.Enqueue), cursor);
        }
    }

    /// <summary>Completes when all changes so far are in the store.</summary>
    /// <remarks>One save at a time. Calls during a save share the next one, so that many connecting devices do not cause a save each.</remarks>
    /// <exception cref="StoreUnavailableException">Not all were saved; the changes are kept for the next save.</exception>
    public Task SaveAsync(CancellationToken ct) => SaveAsync(_ => true, ct);

    /// <summary>Completes when all changes so far of a device, and of its user's own cursors, are in the store.</summary>
    /// <inheritdoc cref="SaveAsync(CancellationToken)" path="/exception"/>
    public Task SaveAsync(DeviceAddress device, CancellationToken ct) =>
        SaveAsync(key => key.User == device.User && (key.Device is null || key.Device == device.Device), ct);

    /// <summary>Removes a device's cursors from memory.</summary>
    public void Forget(DeviceAddress device)
    {
        // Not over Keys, which locks the whole table for a copy.
        foreach (var (key, _) in _cursors)
        {
            if (key.User == device.User && key.Device == device.Device)
                _cursors.TryRemove(key, out _);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await SaveAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(options.Value.CursorFlushMs), clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await SaveAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                log.CursorsNotSaved(e);
            }
        }
    }

    private async ValueTask<Cursor> LoadAsync(CursorKey key, CancellationToken ct)
    {
        var value = await store.ReadAsync(key, ct);
        return _cursors.GetOrAdd(key, new Cursor(key, value, _moved.Enqueue));
    }

    private async Task SaveAsync(Func<CursorKey, bool> matters, CancellationToken ct)
    {
        Task<IReadOnlyDictionary<CursorKey, Exception>> saving;
        lock (_gate)
            saving = _nextSaving ??= SaveAfterAsync(_saving);
        var faults = (await saving.WaitAsync(ct)).Where(fault => matters(fault.Key)).Select(fault => fault.Value).ToList();
        if (faults.Count > 0)
            throw new StoreUnavailableException($"{faults.Count} cursors are not saved: {faults[0].Message}", new AggregateException(faults.Distinct()));
    }

    /// <summary>The cursors that were not saved, each with the reason. Does not throw.</summary>
    private async Task<IReadOnlyDictionary<CursorKey, Exception>> SaveAfterAsync(Task other)
    {
        // Leaves the gate, under which this is called.
        await Task.Yield();
        await other;
        lock (_gate)
            (_saving, _nextSaving) = (_nextSaving!, null);
        // Changes from here on may be missed by this save, so later calls need the next one.
        var faults = await SaveMovedAsync();
        EvictSaved();
        return faults;
    }

    private static CursorValue ValueOf(Cursor cursor) => new(cursor.Delivered, cursor.Read);

    private async Task<IReadOnlyDictionary<CursorKey, Exception>> SaveMovedAsync()
    {
        var unsaved = new Dictionary<CursorKey, CursorValue>();
        var taken = new List<Cursor>();
        while (_moved.TryDequeue(out var cursor))
        {
            taken.Add(cursor);
            var value = cursor.TakeUnsaved();
            // An evicted cursor that is still held may have moved, as well as the one loaded after it.
            unsaved[cursor.Key] = unsaved.TryGetValue(cursor.Key, out var other) ? CursorValue.Max(value, other) : value;
        }
        if (unsaved.Count > 0 && BeforeSaving is { } before)
            await before();
        var faults = await TrySaveAsync(unsaved);
        taken.FindAll(cursor => faults.ContainsKey(cursor.Key)).ForEach(cursor => cursor.KeepUnsaved());
        return faults;
    }

    private async Task<IReadOnlyDictionary<CursorKey, Exception>> TrySaveAsync(Dictionary<CursorKey, CursorValue> unsaved)
    {
        try
        {
            return unsaved.Count > 0 ? await store.SaveAsync(unsaved, CancellationToken.None) : new Dictionary<CursorKey, Exception>();
        }
        catch (Exception e)
        {
            return unsaved.ToDictionary(cursor => cursor.Key, _ => e);
        }
    }

    // A holder of an evicted cursor may still move it; the store keeps the higher value.
    private void EvictSaved()
    {
        if (_cursors.Count <= options.Value.MaxCachedCursors)
            return;
        foreach (var (key, cursor) in _cursors)
        {
            if (!cursor.Unsaved)
                _cursors.TryRemove(key, out _);
        }
    }
}
