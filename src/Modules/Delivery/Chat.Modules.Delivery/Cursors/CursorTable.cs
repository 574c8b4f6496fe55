using System.Collections.Concurrent;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Cursors;

/// <summary>
/// The cursors in use, in front of the store: moves are gathered and saved every <see cref="DeliveryOptions.CursorFlushMs"/>. What a crash
/// takes of that brings messages a second time, which is promised to be harmless.
/// </summary>
internal sealed class CursorTable(ICursorStore store, IOptions<DeliveryOptions> options, TimeProvider clock, ILogger<CursorTable> log) : BackgroundService
{
    private readonly ConcurrentDictionary<CursorKey, Cursor> _cursors = new();
    private readonly ConcurrentQueue<Cursor> _moved = new();
    private readonly SemaphoreSlim _saving = new(1);

    /// <summary>The cursor, read from the store if it is not in memory.</summary>
    public ValueTask<Cursor> GetAsync(CursorKey key, CancellationToken ct) =>
        _cursors.TryGetValue(key, out var cursor) ? ValueTask.FromResult(cursor) : LoadAsync(key, ct);

    /// <summary>Everything moved so far is in the store when this completes.</summary>
    /// <exception cref="StoreUnavailableException">It is not; the moves are kept for the next time.</exception>
    public async Task SaveAsync(CancellationToken ct)
    {
        await _saving.WaitAsync(ct);
        try
        {
            await SaveMovedAsync(ct);
            EvictSaved();
        }
        finally
        {
            _saving.Release();
        }
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

    public override void Dispose()
    {
        base.Dispose();
        _saving.Dispose();
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

    private async Task SaveMovedAsync(CancellationToken ct)
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
            await store.SaveAsync(unsaved, ct);
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
