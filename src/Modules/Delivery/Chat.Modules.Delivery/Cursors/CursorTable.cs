using System.Collections.Concurrent;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Cursors;

/// <summary>
/// The cursors in use, in front of the store: moves are gathered and saved every <see cref="DeliveryOptions.CursorFlushMs"/>. What a crash
/// takes of that brings messages a second time, which is promised to be harmless. So does a cursor that another node has moved on since it
/// was read here; one that is further here than in the store would pass messages over, and gives way when its device connects.
/// </summary>
internal sealed class CursorTable(ICursorStore store, IOptions<DeliveryOptions> options, TimeProvider clock, ILogger<CursorTable> log) : BackgroundService
{
    private readonly ConcurrentDictionary<CursorKey, Cursor> _cursors = new();
    private readonly ConcurrentQueue<Cursor> _moved = new();
    private readonly Lock _gate = new();

    // Both under _gate.
    private Task _saving = Task.CompletedTask;
    private Task? _nextSaving;

    /// <summary>The cursor, read from the store if it is not in memory.</summary>
    public ValueTask<Cursor> GetAsync(CursorKey key, CancellationToken ct) =>
        _cursors.TryGetValue(key, out var cursor) ? ValueTask.FromResult(cursor) : LoadAsync(key, ct);

    /// <summary>How far a cursor has got by all that is known: where other nodes move it too, by the store as well.</summary>
    public async ValueTask<CursorValue> ReadAsync(CursorKey key, CancellationToken ct)
    {
        if (!store.IsShared)
            return ValueOf(await GetAsync(key, ct));
        var stored = await store.ReadAsync(key, ct);
        return _cursors.TryGetValue(key, out var cursor) ? CursorValue.Max(stored, ValueOf(cursor)) : stored;
    }

    /// <summary>
    /// A device has connected, and these are its places in the store, read since the last <see cref="SaveAsync"/>: they take the place of
    /// what is in memory. Another node may have moved it on, or have forgotten the device and let it begin anew, further back.
    /// </summary>
    public void Replace(DeviceAddress device, IEnumerable<KeyValuePair<ConversationId, SeqNo>> places)
    {
        if (!store.IsShared)
            return;
        foreach (var (conversation, delivered) in places)
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
    public Task SaveAsync(CancellationToken ct)
    {
        lock (_gate)
            return (_nextSaving ??= SaveAfterAsync(_saving)).WaitAsync(ct);
    }

    /// <summary>Drops what is in memory of a device that is forgotten.</summary>
    public void Forget(DeviceAddress device)
    {
        foreach (var key in _cursors.Keys)
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

    private async Task SaveAfterAsync(Task other)
    {
        // Not under the gate, in which this is called.
        await Task.Yield();
        await other.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
            (_saving, _nextSaving) = (_nextSaving!, null);
        // Whoever comes from here on may have moved what this one passes over.
        await SaveMovedAsync();
        EvictSaved();
    }

    private static CursorValue ValueOf(Cursor cursor) => new(cursor.Delivered, cursor.Read);

    private async Task SaveMovedAsync()
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
        if (taken.Count == 0)
            return;
        try
        {
            await store.SaveAsync(unsaved, CancellationToken.None);
        }
        catch
        {
            taken.ForEach(cursor => cursor.KeepUnsaved());
            throw;
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
