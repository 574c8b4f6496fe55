using System.Collections.Concurrent;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Cursors;

/// <summary>
/// The cursors in use, in front of the store: moves are gathered and saved every <see cref="DeliveryOptions.CursorFlushMs"/>. Moves lost in a
/// crash bring messages a second time, which is harmless. So does a cursor that another process has moved since it was read here. A cursor that is
/// further here than in the store would skip messages: it is replaced when its device connects.
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

    /// <summary>The cursor, read from the store if it is not in memory.</summary>
    public ValueTask<Cursor> GetAsync(CursorKey key, CancellationToken ct) =>
        _cursors.TryGetValue(key, out var cursor) ? ValueTask.FromResult(cursor) : LoadAsync(key, ct);

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
            // One that has moved since is news to the store, and not old.
            if (_cursors.TryGetValue(key, out var cursor) && !cursor.Unsaved && cursor.Delivered != delivered)
                _cursors.TryUpdate(key, new Cursor(key, new CursorValue(delivered, SeqNo.None), _moved.Enqueue), cursor);
        }
    }

    /// <summary>Everything moved so far is in the store when this completes.</summary>
    /// <remarks>One save at a time; all who come during one share the next, so that a rush of connecting devices is not a row of saves.</remarks>
    /// <exception cref="StoreUnavailableException">It is not; the moves are kept for the next time.</exception>
    public Task SaveAsync(CancellationToken ct) => SaveAsync(_ => true, ct);

    /// <summary>Everything that a device has moved so far is in the store when this completes, its user's own cursors as well; others' may not be.</summary>
    /// <inheritdoc cref="SaveAsync(CancellationToken)" path="/exception"/>
    public Task SaveAsync(DeviceAddress device, CancellationToken ct) =>
        SaveAsync(key => key.User == device.User && (key.Device is null || key.Device == device.Device), ct);

    /// <summary>Drops what is in memory of a device that is forgotten.</summary>
    public void Forget(DeviceAddress device)
    {
        // Not the keys, which are a copy made with the whole table locked.
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

    /// <summary>Those that could not be saved, each with the reason; never fails.</summary>
    private async Task<IReadOnlyDictionary<CursorKey, Exception>> SaveAfterAsync(Task other)
    {
        // Not under the gate, in which this is called.
        await Task.Yield();
        await other;
        lock (_gate)
            (_saving, _nextSaving) = (_nextSaving!, null);
        // Whoever comes from here on may have moved what this one passes over.
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
            // One that was evicted in use may have moved beside the one that was loaded after it.
            unsaved[cursor.Key] = unsaved.TryGetValue(cursor.Key, out var other) ? CursorValue.Max(value, other) : value;
        }
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

    // Whoever still holds an evicted cursor moves it on; the store keeps the further of two.
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
