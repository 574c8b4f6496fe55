using System.Threading.Channels;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Nodes;
using Chat.Modules.Delivery.Connections;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Delivery.FanOut;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Relay;

/// <summary>
/// Makes this node's connections known to the others, by the registry and the bus. A connection drains when the other nodes have acknowledged it, so
/// each message is either in its drain or pushed to it. If an acknowledgement comes late, the connection drains again then.
/// </summary>
internal sealed class ConnectionRegistrar(
    IConnectionRegistry registry, INodes nodes, IBus bus, Receivers receivers, UserNodes userNodes, Redrains redrains, FanOutQueue fanOut,
    IOptions<DeliveryOptions> options, TimeProvider clock, ILogger<ConnectionRegistrar> log) : BackgroundService, INodeObserver, IConnectionRegistrar
{
    private const int AtOnce = 1_024;

    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan RenewEvery = RedisConnectionRegistry.Life / 4;

    private readonly TimeSpan _patience = TimeSpan.FromMilliseconds(options.Value.ArrivalTimeoutMs);

    // An entry for each connection that is opened, and for each that has ended. Null only wakes the loop.
    private readonly Channel<DeviceConnection?> _changes = Channel.CreateUnbounded<DeviceConnection?>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Lock _gate = new();

    // Under _gate. What the loop must do with all connections; and whether the others know that all are registered.
    private Work _work;
    private bool _isRegistered;
    private bool _hasBeenAway;

    // Under _gate. Live nodes that owe nothing when they are gone.
    private readonly HashSet<NodeId> _finished = [];

    // Used only by the loop. Connections that could not be registered, and those that not all nodes have acknowledged.
    private readonly List<DeviceConnection> _unregistered = [];
    private readonly List<DeviceConnection> _unconfirmed = [];
    private bool _allAreUnconfirmed;
    private bool _hasFailed;
    private long _renewedAt;

    [Flags]
    private enum Work
    {
        None = 0,

        /// <summary>Check whether each is still the newest of its device, and renew its entry.</summary>
        Renew = 1,

        /// <summary>Register all again, tell the others, and drain all again.</summary>
        Register = 2,
    }

    public void Open(DeviceConnection connection)
    {
        connection.Open(holdsDrain: true);
        _changes.Writer.TryWrite(connection);
    }

    public void Ended(DeviceConnection connection) => _changes.Writer.TryWrite(connection);

    /// <summary>Another node asks whether this one has registered all of its connections.</summary>
    public void Answer(NodeId node)
    {
        lock (_gate)
        {
            if (_isRegistered)
                bus.Send(node, NodeRelay.Topic, Registered(RegisteredFlags.None));
        }
    }

    public void LeaseGained(NodeId self)
    {
        // Nodes that were already known before the lease was lost are not reported by Joined.
        foreach (var node in nodes.Live)
            userNodes.Add(node);
        Ask(Work.Register);
    }

    public void LeaseLost(LeaseLoss reason)
    {
        lock (_gate)
        {
            (_isRegistered, _hasBeenAway) = (false, true);
            _finished.Clear();
        }
        userNodes.RemoveAll();
        if (reason is LeaseLoss.StoodStill)
            redrains.SendAllAway();
    }

    public void Joined(NodeId node)
    {
        userNodes.Add(node);
        Answer(node);
    }

    public void Left(NodeId node)
    {
        userNodes.Remove(node);
        bool hasFinished;
        lock (_gate)
            hasFinished = _finished.Remove(node);
        // It may have appended messages without telling the others.
        if (!hasFinished)
            redrains.Request();
    }

    /// <summary>A live node has said that it ends and owes nothing. What it told before has come, or was told as missed.</summary>
    public void Finished(NodeId node)
    {
        lock (_gate)
            _finished.Add(node);
    }

    public void SharedStateLost()
    {
        userNodes.ForgetRegistry();
        Ask(Work.Register);
    }

    public void Missed(NodeId from)
    {
        userNodes.ForgetUsers();
        redrains.Request();
        // A device may have connected there instead.
        Ask(Work.Renew);
    }

    /// <summary>After the fan-out has ended: where it has nothing left, the others need not look for what this node may owe them.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (fanOut.IsSettled)
            bus.Broadcast(NodeRelay.Topic, RelayWriter.Begin(RelayKind.Finished).Written);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _renewedAt = clock.GetTimestamp();
        while (true)
        {
            await WaitAsync(stoppingToken);
            try
            {
                await WorkAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                log.RegistrarFailed(e);
                Ask(Work.Register);
            }
        }
    }

    private void Ask(Work work)
    {
        lock (_gate)
        {
            _work |= work;
            if (work is Work.Register)
                _isRegistered = false;
        }
        _changes.Writer.TryWrite(null);
    }

    // Connections that were not registered, or not acknowledged, are tried again after a pause.
    private async Task WaitAsync(CancellationToken ct)
    {
        var isIncomplete = _hasFailed || _unregistered.Count > 0 || _unconfirmed.Count > 0 || _allAreUnconfirmed;
        using var pause = new CancellationTokenSource(isIncomplete ? RetryPause : RenewEvery, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, pause.Token);
        try
        {
            await _changes.Reader.WaitToReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // The pause is over.
        }
    }

    private async Task WorkAsync(CancellationToken ct)
    {
        var work = TakeWork();
        if (clock.GetElapsedTime(_renewedAt) >= RenewEvery)
            work |= Work.Renew;
        _hasFailed = work is not Work.None && nodes.HoldsLease && !await RegisterAllAsync(work, ct);
        if (_hasFailed)
        {
            lock (_gate)
                _work |= work;
        }

        var changed = new List<DeviceConnection>(_unregistered);
        _unregistered.Clear();
        while (changed.Count < AtOnce && _changes.Reader.TryRead(out var connection))
        {
            if (connection is not null)
                changed.Add(connection);
        }
        await AddAsync(changed.FindAll(connection => !connection.IsClosed), ct);
        await RemoveAsync(changed.FindAll(connection => connection.IsClosed && connection.Order != 0));
        await ConfirmAsync(ct);
    }

    private Work TakeWork()
    {
        lock (_gate)
        {
            var work = _work;
            _work = Work.None;
            return work;
        }
    }

    /// <returns>False if not all could be registered.</returns>
    private async Task<bool> RegisterAllAsync(Work work, CancellationToken ct)
    {
        var self = nodes.Self;
        foreach (var some in receivers.All().Where(connection => connection.Order != 0).Chunk(AtOnce))
        {
            if (!await TryRegisterAsync(self, some, ct))
                return false;
        }
        _renewedAt = clock.GetTimestamp();
        if (!work.HasFlag(Work.Register))
            return true;
        lock (_gate)
        {
            if (nodes.Self != self || _work.HasFlag(Work.Register))
                return true;
            _isRegistered = true;
            bus.Broadcast(NodeRelay.Topic, Registered(RegisteredFlags.AsksBack | (_hasBeenAway ? RegisteredFlags.HasBeenAway : RegisteredFlags.None)));
            _hasBeenAway = false;
        }
        _allAreUnconfirmed = true;
        return true;
    }

    private async Task AddAsync(List<DeviceConnection> added, CancellationToken ct)
    {
        if (added.Count == 0)
            return;
        if (!nodes.HoldsLease || !await TryRegisterAsync(nodes.Self, added, ct))
        {
            _unregistered.AddRange(added);
            foreach (var connection in added)
                connection.BeginDrain();
            return;
        }
        var writer = RelayWriter.Begin(RelayKind.Arrived);
        writer.Write((long)added.Count);
        foreach (var connection in added)
        {
            writer.Write(connection.Device);
            writer.Write(connection.Order);
        }
        bus.Broadcast(NodeRelay.Topic, writer.Written);
        if (!await bus.AcknowledgedAsync(_patience, ct))
            _unconfirmed.AddRange(added);
        // A connection that could not be registered at first has already drained.
        foreach (var connection in added)
        {
            if (!connection.BeginDrain())
                connection.DrainAgain();
        }
    }

    private async Task<bool> TryRegisterAsync(NodeId self, IReadOnlyList<DeviceConnection> connections, CancellationToken ct)
    {
        try
        {
            // A connection that is registered meanwhile is registered once more.
            var orders = await registry.RegisterAsync(self, [.. connections.Select(connection => new RegisteredConnection(connection.Device, connection.Order))])
                .WaitAsync(_patience, clock, ct);
            foreach (var (connection, order) in connections.Zip(orders))
            {
                if (order == 0)
                    connection.Close(CloseReason.Replaced);
                else
                    connection.Order = order;
            }
            return true;
        }
        catch (Exception e) when (e is StoreUnavailableException or TimeoutException)
        {
            return false;
        }
    }

    private async Task RemoveAsync(List<DeviceConnection> removed)
    {
        if (removed.Count == 0)
            return;
        try
        {
            await registry.RemoveAsync(nodes.Self, [.. removed.Select(connection => new RegisteredConnection(connection.Device, connection.Order))]);
        }
        catch (StoreUnavailableException)
        {
            // Its entries expire. Until then this node gets messages for users who are not here.
        }
        var users = removed.Select(connection => connection.Device.User).Where(user => !receivers.IsHere(user)).Distinct().ToList();
        if (users.Count == 0)
            return;
        var writer = RelayWriter.Begin(RelayKind.Left);
        writer.Write(users);
        bus.Broadcast(NodeRelay.Topic, writer.Written);
    }

    private async Task ConfirmAsync(CancellationToken ct)
    {
        if ((_unconfirmed.Count == 0 && !_allAreUnconfirmed) || !await bus.AcknowledgedAsync(_patience, ct))
            return;
        if (_allAreUnconfirmed)
            redrains.Request();
        else
            _unconfirmed.ForEach(connection => connection.DrainAgain());
        _allAreUnconfirmed = false;
        _unconfirmed.Clear();
    }

    private static ReadOnlyMemory<byte> Registered(RegisteredFlags flags)
    {
        var writer = RelayWriter.Begin(RelayKind.Registered);
        writer.Write((byte)flags);
        return writer.Written;
    }
}
