using Chat.BuildingBlocks.Errors;
using Microsoft.Extensions.Logging;

namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>The nodes, as one of them tells: through a control connection, which is opened elsewhere when it ends.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    private static readonly TimeSpan ReadAnyway = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Agreement = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AgreementPause = TimeSpan.FromMilliseconds(50);

    private readonly CqlOptions _options;
    private readonly Dialer _dialer;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _stale = new(0);
    private Task _watching = Task.CompletedTask;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Only connecting, and then the watch, writes these.
    private ControlConnection? _control;
    private string _datacenter;
    private volatile Dictionary<Guid, Node> _nodes = [];

    public Cluster(CqlOptions options, Dialer dialer, TimeProvider clock, ILogger log)
    {
        (_options, _dialer, _clock, _log) = (options, dialer, clock, log);
        _datacenter = options.LocalDatacenter;
    }

    public Topology Topology { get; private set; } = Topology.Empty;

    /// <summary>Finds the nodes, makes the keyspace if it is missing, and returns when a node can be asked.</summary>
    /// <exception cref="StoreUnavailableException">None can.</exception>
    /// <exception cref="CqlException">They refuse us.</exception>
    /// <exception cref="StorageException">None is in the configured data centre.</exception>
    public async Task ConnectAsync(CancellationToken ct)
    {
        _control = await OpenControlAsync(await Endpoint.ResolveAsync(_options.ContactPoints, ct), ct);
        try
        {
            var places = await _control.ReadNodesAsync();
            if (_datacenter.Length == 0 && places is [var first, ..])
                _datacenter = first.Datacenter;
            if (!places.Exists(place => place.Datacenter == _datacenter))
                throw new StorageException($"The cluster at {_options.ContactPoints} has no node in the data centre '{_datacenter}': set Cql:LocalDatacenter.");
            await _control.EnsureKeyspaceAsync(_options.Keyspace, _datacenter, _options.ReplicationFactor);
            await RefreshAsync(_control);
            await AgreeAsync(ct);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new StoreUnavailableException($"The cluster at {_options.ContactPoints} cannot be asked for its nodes: {e.Message}", e);
        }
        await Task.WhenAll(Topology.Nodes.Select(node => node.Tried)).WaitAsync(ct);
        if (!Topology.Nodes.Any(node => node.IsConnected))
            throw new StoreUnavailableException($"No node of the cluster at {_options.ContactPoints} can be reached.");
        _watching = Task.Run(WatchAsync, CancellationToken.None);
    }

    /// <summary>Waits until a node has a connection again, if one may soon.</summary>
    /// <returns>False: none is expected, or <paramref name="atMost"/> is over.</returns>
    public async Task<bool> MayRecoverAsync(TimeSpan atMost, CancellationToken ct)
    {
        var changed = Volatile.Read(ref _changed).Task;
        if (Array.Exists(Topology.Nodes, node => node.IsConnected))
            return true;
        if (!Array.Exists(Topology.Nodes, node => node.MayConnectSoon))
            return false;
        try
        {
            await changed.WaitAsync(atMost, _clock, ct);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Waits until the nodes have the same schema, ten seconds at most.</summary>
    public async Task AgreeAsync(CancellationToken ct)
    {
        var started = _clock.GetTimestamp();
        while (_clock.GetElapsedTime(started) < Agreement)
        {
            try
            {
                var connected = _nodes.Where(pair => pair.Value.IsConnected).Select(pair => pair.Key).ToHashSet();
                if (_control is { Connection.IsOpen: true } control && await control.AgreesAsync(connected))
                    return;
            }
            catch (Exception e) when (e is IOException or InvalidDataException or StoreUnavailableException)
            {
                // Asked again, on the next control connection.
            }
            await Task.Delay(AgreementPause, _clock, ct);
        }
        _log.NoSchemaAgreement(Agreement.TotalMilliseconds);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        _control?.Connection.Close("the session ends");
        foreach (var node in _nodes.Values)
            await node.DisposeAsync();
        _stop.Dispose();
        _stale.Dispose();
    }

    private async Task<ControlConnection> OpenControlAsync(List<Endpoint> endpoints, CancellationToken ct)
    {
        var failures = new List<string>();
        foreach (var endpoint in endpoints)
        {
            try
            {
                var connection = await _dialer.OpenAsync(endpoint, null, 0, null, ct);
                var control = new ControlConnection(connection, endpoint, TimeSpan.FromMilliseconds(_options.RequestTimeoutMs), _clock);
                connection.OnEvent = OnEvent;
                await control.RegisterAsync();
                return control;
            }
            catch (Exception e) when (e is IOException or StoreUnavailableException)
            {
                failures.Add($"{endpoint}: {e.Message}");
            }
        }
        throw new StoreUnavailableException(endpoints.Count == 0
            ? $"No address is known for '{_options.ContactPoints}'."
            : $"No node of the cluster can be reached: {string.Join("; ", failures)}");
    }

    // Reads the nodes anew when one of them says that something changed, and now and then without.
    private async Task WatchAsync()
    {
        try
        {
            while (true)
            {
                using var over = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                var stale = _stale.WaitAsync(over.Token);
                await Task.WhenAny(stale, _control!.Connection.Closed, Task.Delay(ReadAnyway, _clock, over.Token));
                await over.CancelAsync();
                _stop.Token.ThrowIfCancellationRequested();

                // Events come in swarms: one reading for all.
                await Task.Delay(Settle, _clock, _stop.Token);
                while (_stale.CurrentCount > 0)
                    await _stale.WaitAsync(_stop.Token);
                await TryRefreshAsync();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
    }

    private async Task TryRefreshAsync()
    {
        try
        {
            if (!_control!.Connection.IsOpen)
            {
                var known = Topology.Nodes.OrderByDescending(node => node.IsConnected).Select(node => node.Endpoint).ToList();
                known.AddRange(await Endpoint.ResolveAsync(_options.ContactPoints, _stop.Token));
                _control = await OpenControlAsync([.. known.Distinct()], _stop.Token);
            }
            await RefreshAsync(_control);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or StoreUnavailableException or CqlException)
        {
            _log.TopologyNotRead(e);
            _stale.Release();
        }
    }

    private async Task RefreshAsync(ControlConnection control)
    {
        var places = await control.ReadNodesAsync();
        var replication = await control.ReadReplicationAsync(_options.Keyspace, _datacenter);
        var nodes = new Dictionary<Guid, Node>();
        foreach (var place in places.Where(place => place.Datacenter == _datacenter))
        {
            nodes[place.HostId] = _nodes.TryGetValue(place.HostId, out var known) && known.Endpoint.Address.Equals(place.Endpoint.Address)
                ? known
                : new Node(place.Endpoint, _dialer, _options, _clock, _log, OnNodeChange);
        }
        var gone = _nodes.Values.Except(nodes.Values).ToList();
        if (gone.Count > 0 || nodes.Count != _nodes.Count)
            _log.TopologyRead(nodes.Count, _datacenter);
        Topology = Topology.Of(places, nodes, replication);
        _nodes = nodes;
        foreach (var node in gone)
            await node.DisposeAsync();
    }

    private void OnNodeChange() => Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    // Whatever it says, the nodes are read again; a node that is up again is tried at once.
    private void OnEvent(byte[] body)
    {
        var reader = new BodyReader(body);
        var (type, change) = (reader.String(), reader.String());
        if (type == "SCHEMA_CHANGE" && reader.String() != "KEYSPACE")
            return;
        if (type == "STATUS_CHANGE" && change == "UP")
        {
            foreach (var node in _nodes.Values)
            {
                if (!node.IsConnected)
                    node.Nudge();
            }
        }
        _stale.Release();
    }
}
