using Chat.BuildingBlocks.Concurrency;

namespace Chat.BuildingBlocks.Nodes.Bus;

/// <summary>
/// What has come from one node, and the loop that gives it to the handlers. Nothing is given to them of a node that is not live, or before all observers know of it, or while
/// this node holds no lease.
/// </summary>
internal sealed class Incoming(NodeId from, BusServices bus)
{
    private readonly Signal _wake = new();
    private readonly Lock _gate = new();

    // Under _gate.
    private readonly Waiting<Batch> _waiting = new(bus.Options.MaxWaitingMessages, bus.Options.MaxWaitingBytes, bus.Metrics);

    // Only the loop writes it.
    private volatile Progress _progress = new(0, 0);
    private volatile bool _isAdmitted;

    public Progress Progress => _progress;

    /// <summary>The node is live, and the observers know of it.</summary>
    public void Admit() => _isAdmitted = true;

    /// <summary>Puts a batch behind those that wait. One for which there is no room is found missing by the next.</summary>
    public void Add(Batch batch)
    {
        bool isAdded;
        lock (_gate)
            isAdded = _waiting.TryAdd(batch, Math.Max(1, batch.Count), Batch.HeadBytes + batch.Messages.Length);
        if (isAdded)
            _wake.Set();
        else
            bus.Metrics.Dropped("full", batch.Count);
    }

    public void End()
    {
        lock (_gate)
            _waiting.Clear();
    }

    /// <summary>Processes until cancelled.</summary>
    /// <param name="beat">Has the other node told how far this one has got.</param>
    /// <param name="leave">The other node turned out not to be live; false where it has become so meanwhile.</param>
    /// <param name="ct">Ends it.</param>
    public async Task RunAsync(Action beat, Func<bool> leave, CancellationToken ct)
    {
        while (true)
        {
            await _wake.WaitAsync(ct);
            while (TryTake(out var batch))
            {
                if (!_isAdmitted)
                    await bus.Membership.RenewedAsync(ct);
                if (!_isAdmitted && leave())
                {
                    bus.Metrics.Dropped("not_live", batch.Count);
                    return;
                }
                await ProcessAsync(batch, ct);
                if (batch.Flags.HasFlag(BatchFlags.AcknowledgementWanted))
                    beat();
                if (batch.Flags.HasFlag(BatchFlags.Leaving))
                    bus.Membership.Asked.Set();
            }
        }
    }

    private bool TryTake(out Batch batch)
    {
        lock (_gate)
            return _waiting.TryTake(out batch);
    }

    private async Task ProcessAsync(Batch batch, CancellationToken ct)
    {
        var isNewStream = batch.Stream != _progress.Stream;
        var known = isNewStream ? 0 : _progress.Number;
        var before = batch.Last - batch.Count;
        if (before > known || (isNewStream && _progress.Number > 0))
            Miss();
        var rest = batch.Messages;
        for (var number = before + 1; number <= batch.Last; number++)
        {
            if (!Batch.TryReadMessage(ref rest, out var topic, out var payload))
            {
                bus.Metrics.Failed();
                bus.Log.BatchMalformed();
                Miss();
                break;
            }
            if (!bus.Membership.HoldsLease)
            {
                bus.Metrics.Dropped("no_lease", batch.Last - number + 1);
                return;
            }
            // What is known already came twice.
            if (number > known)
                await GiveAsync(topic, payload, ct);
        }
        _progress = new Progress(batch.Stream, Math.Max(known, batch.Last));
    }

    private void Miss()
    {
        bus.Metrics.Missed();
        bus.Log.MessagesMissed(from);
        bus.Observers.Tell(observer => observer.Missed(from));
    }

    private async Task GiveAsync(ReadOnlyMemory<byte> topic, ReadOnlyMemory<byte> payload, CancellationToken ct)
    {
        // Of a later version's topics there is no handler here.
        if (bus.Handlers.Find(topic.Span) is not { } handler)
            return;
        try
        {
            await handler.ReceiveAsync(from, payload, ct);
            bus.Metrics.Received();
        }
        catch (Exception e) when (e is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            bus.Metrics.Failed();
            bus.Log.BusHandlerFailed(handler.Topic, from, e);
        }
    }
}
