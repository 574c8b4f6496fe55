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
/// each message is either in its drain or pushed to it. After <see cref="DeliveryOptions.ArrivalTimeoutMs"/> it drains all the same, whatever registry and nodes do, and
/// again when they have acknowledged it.
/// </summary>
internal sealed class ConnectionRegistrar(
    IConnectionRegistry registry, INodes nodes, IBus bus, Receivers receivers, UserNodes userNodes, Redrains redrains, FanOutQueue fanOut,
    IOptions<DeliveryOptions> options, TimeProvider clock, ILogger<ConnectionRegistrar> log) : BackgroundService, INodeObserver, IConnectionRegistrar
{
    private const int AtOnce = 1_024;

    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan RenewEvery = RedisConnectionRegistry.Life / 4;

    private readonly TimeSpan _patience = TimeSpan.FromMilliseconds(options.Value.ArrivalTimeoutMs);
    private readonly LateDrains _late = new(TimeSpan.FromMilliseconds(options.Value.ArrivalTimeoutMs), clock);

    // An entry for each connection that is opened, and for each that has ended; read to its end each time. Null only wakes the loop.
    private readonly Channel<DeviceConnection?> _changes = Channel.CreateUnbounded<DeviceConnection?>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Lock _gate = new();

    // Under _gate. What the loop must do with all connections; and whether the others know that all are registered.
    private Work _work;
    private bool _isRegistered;
    private bool _hasBeenAway;

    // Under _gate. Live nodes that owe nothing when they are gone.
    private readonly HashSet<NodeId> _finished = [];

    // Used only by the loop, as all below. Connections that are to be registered, or registered again, and those that not all nodes have acknowledged; of each those that are open.
    private readonly RegistrationQueue _new = new();
    private readonly RegistrationQueue _again = new();
    private readonly HashSet<DeviceConnection> _unconfirmed = [];
    private bool _allAreUnconfirmed;

    // As which node all are being registered again.
    private NodeId? _registersAs;
    private long _renewedAt;

    // When what has failed is tried again. Until then nothing is registered where the registry is away.
    private long _retryAt;
    private bool _isAway;

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
        _late.Add(connection);
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

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(RunAsync(stoppingToken), _late.RunAsync(stoppingToken));

    private async Task RunAsync(CancellationToken ct)
    {
        _renewedAt = clock.GetTimestamp();
        while (true)
        {
            await WaitAsync(ct);
            try
            {
                await WorkAsync(ct);
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                log.RegistrarFailed(e);
                _isAway = true;
                RetryLater();
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

    private async Task WaitAsync(CancellationToken ct)
    {
        if (CanRegister && (_new.HasDue || _again.HasDue))
            return;
        var owes = !_new.IsEmpty || !_again.IsEmpty || _registersAs is not null || _unconfirmed.Count > 0 || _allAreUnconfirmed;
        using var pause = new CancellationTokenSource(owes ? RetryPause : RenewEvery, clock);
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

    private bool CanRegister => nodes.HoldsLease && !_isAway;

    private async Task WorkAsync(CancellationToken ct)
    {
        var retries = clock.GetTimestamp() >= _retryAt;
        if (retries)
        {
            _isAway = false;
            _new.RetryRefused();
            _again.RetryRefused();
        }
        BeginRound(TakeWork());
        await TakeChangesAsync();
        // Those that have just come are not kept waiting by those that are there.
        if (CanRegister && _new.HasDue)
            await AddAsync(_new.Due(AtOnce), ct);
        else if (CanRegister && _again.HasDue)
            await RegisterAsync(_again, _again.Due(AtOnce), ct);
        EndRound();
        if (retries)
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

    private void BeginRound(Work work)
    {
        if (work is Work.None && clock.GetElapsedTime(_renewedAt) < RenewEvery)
            return;
        _renewedAt = clock.GetTimestamp();
        _again.Add(receivers.All().Where(connection => connection.Order != 0));
        if (work.HasFlag(Work.Register))
            _registersAs = nodes.Self;
    }

    private void EndRound()
    {
        if (_registersAs is not { } self || !_again.IsEmpty || !nodes.HoldsLease)
            return;
        _registersAs = null;
        lock (_gate)
        {
            if (nodes.Self != self || _work.HasFlag(Work.Register))
                return;
            _isRegistered = true;
            bus.Broadcast(NodeRelay.Topic, Registered(RegisteredFlags.AsksBack | (_hasBeenAway ? RegisteredFlags.HasBeenAway : RegisteredFlags.None)));
            _hasBeenAway = false;
        }
        _allAreUnconfirmed = true;
    }

    private async Task TakeChangesAsync()
    {
        var removed = new List<DeviceConnection>();
        while (_changes.Reader.TryRead(out var connection))
        {
            if (connection is null)
                continue;
            if (!connection.IsClosed)
            {
                _new.Add([connection]);
                if (!CanRegister)
                    connection.BeginDrain();
                continue;
            }
            _new.Remove(connection);
            _again.Remove(connection);
            _unconfirmed.Remove(connection);
            if (connection.Order != 0)
                removed.Add(connection);
        }
        foreach (var some in removed.Chunk(AtOnce))
            await RemoveAsync(some);
    }

    private async Task AddAsync(IReadOnlyList<DeviceConnection> added, CancellationToken ct)
    {
        var registered = await RegisterAsync(_new, added, ct);
        if (registered.Count == 0)
            return;
        var writer = RelayWriter.Begin(RelayKind.Arrived);
        writer.Write((long)registered.Count);
        foreach (var connection in registered)
        {
            writer.Write(connection.Device);
            writer.Write(connection.Order);
        }
        bus.Broadcast(NodeRelay.Topic, writer.Written);
        if (!await bus.AcknowledgedAsync(_patience, ct))
            _unconfirmed.UnionWith(registered);
        // One that had to wait for too long has already drained.
        foreach (var connection in registered)
        {
            if (!connection.BeginDrain())
                connection.DrainAgain();
        }
    }

    /// <returns>Those that are registered.</returns>
    private async Task<IReadOnlyList<DeviceConnection>> RegisterAsync(RegistrationQueue queue, IReadOnlyList<DeviceConnection> connections, CancellationToken ct)
    {
        var orders = await registry.RegisterAsync(nodes.Self, [.. connections.Select(connection => new RegisteredConnection(connection.Device, connection.Order))]).WaitAsync(ct);
        var registered = new List<DeviceConnection>(connections.Count);
        foreach (var (connection, order) in connections.Zip(orders))
        {
            if (order is not { } place)
            {
                queue.Refuse(connection);
                connection.BeginDrain();
                continue;
            }
            queue.Remove(connection);
            if (place == 0)
            {
                connection.Close(CloseReason.Replaced);
                continue;
            }
            connection.Order = place;
            registered.Add(connection);
        }
        if (!orders.Contains(null))
            return registered;
        _isAway = orders.All(order => order is null);
        RetryLater();
        return registered;
    }

    private async Task RemoveAsync(IReadOnlyList<DeviceConnection> removed)
    {
        try
        {
            // The entries of a node that has lost its lease count no more.
            if (nodes.HoldsLease)
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
        if (_unconfirmed.Count == 0 && !_allAreUnconfirmed)
            return;
        if (!await bus.AcknowledgedAsync(_patience, ct))
        {
            RetryLater();
            return;
        }
        if (_allAreUnconfirmed)
            redrains.Request();
        else
        {
            foreach (var connection in _unconfirmed)
                connection.DrainAgain();
        }
        _allAreUnconfirmed = false;
        _unconfirmed.Clear();
    }

    private void RetryLater()
    {
        var now = clock.GetTimestamp();
        if (_retryAt <= now)
            _retryAt = now + (long)(RetryPause.TotalSeconds * clock.TimestampFrequency);
    }

    private static ReadOnlyMemory<byte> Registered(RegisteredFlags flags)
    {
        var writer = RelayWriter.Begin(RelayKind.Registered);
        writer.Write((byte)flags);
        return writer.Written;
    }
}
