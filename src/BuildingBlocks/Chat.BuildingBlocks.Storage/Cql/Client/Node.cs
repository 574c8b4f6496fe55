using Chat.BuildingBlocks.Errors;
using Microsoft.Extensions.Logging;

namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>A node and the connections to it, which it opens, and opens again when they end, for as long as it is in the cluster.</summary>
internal sealed class Node : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly Dialer _dialer;
    private readonly CqlOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly Action _onChange;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly TaskCompletionSource _tried = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _filling;

    // Only the filling writes these; a slot is emptied by whoever sees its connection closed.
    private volatile Connection?[] _slots;
    private volatile Sharding _sharding = Sharding.None;
    private readonly List<Connection> _surplus = [];
    private volatile bool _failing;
    private uint _turn;

    /// <summary>Begins to connect; <paramref name="onChange"/> is called whenever that went well or failed.</summary>
    public Node(Endpoint endpoint, Dialer dialer, CqlOptions options, TimeProvider clock, ILogger log, Action onChange)
    {
        Endpoint = endpoint;
        (_dialer, _options, _clock, _log, _onChange) = (dialer, options, clock, log, onChange);
        _slots = new Connection?[options.ConnectionsPerNode];
        _filling = Task.Run(FillAsync);
    }

    public Endpoint Endpoint { get; }

    /// <summary>Ends when the first connection is there, or could not be had.</summary>
    public Task Tried => _tried.Task;

    public bool IsSharded => _sharding.Shards > 1;

    public bool IsConnected => Pick(null) is not null;

    /// <summary>Has no connection, but has not yet failed to get one either.</summary>
    public bool MayConnectSoon => !_failing && !IsConnected;

    /// <summary>The least busy connection to the shard that has <paramref name="token"/>, else any; null without one.</summary>
    public Connection? Pick(long? token)
    {
        var slots = _slots;
        if (slots.Length == 1)
            return slots[0] is { IsOpen: true } only ? only : null;

        var perShard = _options.ConnectionsPerNode;
        if (token is not null && slots.Length > perShard
            && LeastBusy(slots.AsSpan(Math.Min(_sharding.ShardOf(token.Value) * perShard, slots.Length - perShard), perShard)) is { } local)
        {
            return local;
        }
        if (slots.Length == perShard)
            return LeastBusy(slots);
        for (var (i, from) = (0u, Interlocked.Increment(ref _turn)); i < slots.Length; i++)
        {
            if (slots[(from + i) % (uint)slots.Length] is { IsOpen: true } any)
                return any;
        }
        return null;
    }

    /// <summary>It is said to be up: tries now rather than after the pause.</summary>
    public void Nudge() => _wake.Release();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _filling;
        foreach (var connection in _slots)
            connection?.Close("the session ends");
        _stop.Dispose();
        _wake.Dispose();
    }

    private static Connection? LeastBusy(ReadOnlySpan<Connection?> connections)
    {
        Connection? best = null;
        foreach (var connection in connections)
        {
            if (connection is { IsOpen: true } && (best is null || connection.Load < best.Load))
                best = connection;
        }
        return best;
    }

    private async Task FillAsync()
    {
        try
        {
            for (var failures = 0; ;)
            {
                var slot = Array.FindIndex(_slots, connection => connection is not { IsOpen: true });
                if (slot < 0 || _surplus.Count > 2 * _slots.Length)
                {
                    DropSurplus();
                    await _wake.WaitAsync(_stop.Token);
                }
                else if (await TryConnectAsync(slot))
                {
                    failures = 0;
                }
                else
                {
                    await PauseAsync(failures++);
                }
            }
        }
        catch (OperationCanceledException)
        {
            DropSurplus();
        }
    }

    private async Task<bool> TryConnectAsync(int slot)
    {
        try
        {
            var sharding = _sharding.Shards > 1 ? _sharding : null;
            var connection = await _dialer.OpenAsync(Endpoint, _options.Keyspace, slot / _options.ConnectionsPerNode, sharding, _stop.Token);
            if (!IsConnected)
                _log.NodeConnected(Endpoint, connection.Version);
            Place(connection);
            _failing = false;
            return true;
        }
        catch (Exception e) when (e is IOException or CqlException or StoreUnavailableException)
        {
            if (!_failing)
                _log.NodeUnreachable(Endpoint, e.Message);
            _failing = true;
            return false;
        }
        finally
        {
            _tried.TrySetResult();
            _onChange();
        }
    }

    // Into a free slot of the shard that it has come to. Where that has enough, it is kept until all shards are covered: ScyllaDB
    // sends the next one to a shard with fewer.
    private void Place(Connection connection)
    {
        var perShard = _options.ConnectionsPerNode;
        if (connection.Sharding.Shards * perShard != _slots.Length)
        {
            foreach (var old in _slots)
                old?.Close("the node has other shards now");
            _slots = new Connection?[connection.Sharding.Shards * perShard];
        }
        _sharding = connection.Sharding;
        var slots = _slots;
        for (var slot = connection.Sharding.Shard * perShard; slot < (connection.Sharding.Shard + 1) * perShard; slot++)
        {
            if (slots[slot] is { IsOpen: true })
                continue;
            Volatile.Write(ref slots[slot], connection);
            _ = WatchAsync(connection);
            return;
        }
        _surplus.Add(connection);
    }

    private async Task WatchAsync(Connection connection)
    {
        var why = await connection.Closed;
        if (_stop.IsCancellationRequested)
            return;
        _log.ConnectionLost(Endpoint, why);
        Nudge();
    }

    private void DropSurplus()
    {
        foreach (var connection in _surplus)
            connection.Close("its shard has enough");
        _surplus.Clear();
    }

    // Twice as long each time, and never the same for two hosts.
    private async Task PauseAsync(int failures)
    {
        var longest = Math.Min(FirstPause.TotalMilliseconds * Math.Pow(2, Math.Min(failures, 16)), LongestPause.TotalMilliseconds);
        var pause = TimeSpan.FromMilliseconds(longest * (0.5 + Random.Shared.NextDouble() / 2));
        using var over = new CancellationTokenSource(pause, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, _stop.Token);
        try
        {
            while (_wake.CurrentCount > 0)
                await _wake.WaitAsync(either.Token);
            await _wake.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
        {
            // The pause is over.
        }
    }
}
