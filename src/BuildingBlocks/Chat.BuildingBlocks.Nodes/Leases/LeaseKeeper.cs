using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Nodes.Bus;
using Chat.BuildingBlocks.Storage.Redis;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.BuildingBlocks.Nodes.Leases;

/// <summary>
/// Renews this node's lease at each third of it, and learns with the answer who the others are. A lease that has run out is given up: this node
/// begins again as another one. At the end of the server the lease is ended, so that the others need not wait.
/// </summary>
internal sealed class LeaseKeeper(
    RedisClient redis, Membership membership, RedisLeases leases, RedisShards shards, RedisBus bus, NodeObservers observers, NodesMetrics metrics, IOptions<NodesOptions> options, TimeProvider clock,
    ILogger<LeaseKeeper> log) : IHostedService, IAsyncDisposable
{
    // For the others to take in what this node said last.
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    private readonly TimeSpan _lease = TimeSpan.FromMilliseconds(options.Value.LeaseMs);
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private ITimer? _timer;

    // Whether something in Redis was lost that the others do not know of.
    private bool _hasLost;

    // When it was last seen that this process runs. Only KeepAsync's.
    private long _ranAt;

    /// <summary>Returns when the first attempt at a lease is over: with Redis there this node is known to the others before it has a client.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _timer = clock.CreateTimer(_ => membership.Asked.Set(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _ranAt = clock.GetTimestamp();
        redis.KeyRemoved += NoteLoss;
        await KeepAsync();
        _running = RunAsync(_stopping.Token);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        redis.KeyRemoved -= NoteLoss;
        await _stopping.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (membership.HoldsLease)
        {
            await bus.AcknowledgedAsync(Farewell, cancellationToken);
            try
            {
                await leases.EndAsync(membership.Self);
                await bus.SayGoodbyeAsync().WaitAsync(Farewell, clock, cancellationToken);
            }
            catch (Exception e) when (e is StoreUnavailableException or TimeoutException)
            {
                // The lease runs out by itself.
            }
        }
        membership.Lose();
        var peers = await bus.CloseAsync();
        await Task.WhenAll(peers.Select(peer => peer.Ended)).WaitAsync(Farewell, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public async ValueTask DisposeAsync()
    {
        if (_timer is not null)
            await _timer.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task RunAsync(CancellationToken ct)
    {
        while (true)
        {
            await membership.Asked.WaitAsync(ct);
            await KeepAsync();
        }
    }

    private async Task KeepAsync()
    {
        var asked = membership.Ask();
        var next = _lease / 12;
        try
        {
            await GiveUpLapsedAsync();
            if (membership.Content is null)
                await bus.OpenAsync(membership.Self);
            var askedAt = clock.GetTimestamp();
            // Before observers register anything on the shards.
            var looking = shards.LookAsync();
            var answer = await RenewAsync();
            var hasShardLost = await looking;
            if (answer.IsHeld)
            {
                Take(answer, askedAt, hasShardLost);
                next = membership.HoldsLease ? NextAfter(answer) : TimeSpan.Zero;
            }
            else
            {
                await GiveUpAsync(LeaseLoss.Refused);
                next = TimeSpan.Zero;
            }
        }
        catch (StoreUnavailableException)
        {
            // RedisHealth says so.
        }
        catch (Exception e)
        {
            log.LeaseKeeperFailed(e);
        }
        finally
        {
            _timer!.Change(next, Timeout.InfiniteTimeSpan);
            asked.TrySetResult();
        }
    }

    // What is lost during the call is told with the next one.
    private async Task<LeaseAnswer> RenewAsync()
    {
        var hasLost = Interlocked.Exchange(ref _hasLost, false);
        try
        {
            return await leases.RenewAsync(membership.Self, membership.Former, _lease, membership.Content, hasLost);
        }
        catch when (hasLost)
        {
            Volatile.Write(ref _hasLost, true);
            throw;
        }
    }

    private void NoteLoss()
    {
        Volatile.Write(ref _hasLost, true);
        membership.Asked.Set();
    }

    private void Take(LeaseAnswer answer, long askedAt, bool hasShardLost)
    {
        var change = membership.Take(answer, askedAt);
        if (change.HasGainedLease)
        {
            // Peers of the last life went with it.
            foreach (var node in membership.Live)
                bus.Add(node);
            log.LeaseGained(membership.Self, membership.Live.Count);
            observers.Tell(observer => observer.LeaseGained(membership.Self));
        }
        if (change.HasLostState || (hasShardLost && !change.HasGainedLease))
        {
            log.SharedStateLost();
            observers.Tell(observer => observer.SharedStateLost());
        }
        foreach (var node in change.Joined)
        {
            if (!change.HasGainedLease)
                bus.Add(node);
            log.NodeJoined(node);
            observers.Tell(observer => observer.Joined(node));
        }
        foreach (var node in change.Left)
        {
            bus.Remove(node);
            log.NodeLeft(node);
            observers.Tell(observer => observer.Left(node));
        }
        bus.AdmitLive();
        bus.Beat();
    }

    // As soon as another node's lease ends, it is looked whether it was renewed.
    private TimeSpan NextAfter(LeaseAnswer answer)
    {
        var next = _lease / 3;
        foreach (var (node, left) in answer.Running)
        {
            if (node != membership.Self && left < next)
                next = left;
        }
        return next + TimeSpan.FromMilliseconds(1);
    }

    private async Task GiveUpLapsedAsync()
    {
        var (ranAt, now) = (_ranAt, clock.GetTimestamp());
        _ranAt = now;
        if (membership.HasLapsed)
            await GiveUpAsync(clock.GetElapsedTime(ranAt, now) >= _lease ? LeaseLoss.StoodStill : LeaseLoss.RedisUnreachable);
    }

    private async Task GiveUpAsync(LeaseLoss reason)
    {
        metrics.LeaseLost(reason);
        log.LeaseLost(membership.Self, reason);
        membership.Lose();
        observers.Tell(observer => observer.LeaseLost(reason));
        await bus.CloseAsync();
    }
}
