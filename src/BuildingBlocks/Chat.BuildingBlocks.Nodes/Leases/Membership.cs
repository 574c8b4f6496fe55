using Chat.BuildingBlocks.Concurrency;
using Microsoft.Extensions.Options;

namespace Chat.BuildingBlocks.Nodes.Leases;

/// <summary>Who this node is and who the others are, by the last answer. Only <see cref="LeaseKeeper"/> changes it.</summary>
internal sealed class Membership(IOptions<NodesOptions> options, TimeProvider clock) : INodes
{
    private readonly TimeSpan _lease = TimeSpan.FromMilliseconds(options.Value.LeaseMs);

    private ulong _self = NodeId.New().Value;
    private volatile NodeId[] _live = [];

    // A timestamp; 0 where there is no lease.
    private long _heldUntil;

    // While the nodes register again in a Redis that has begun anew, one that is not there yet has not left.
    private long _patientUntil;

    private TaskCompletionSource _renewed = NewRenewal();

    public NodeId Self => new(Volatile.Read(ref _self));

    public IReadOnlyList<NodeId> Live => _live;

    public bool HoldsLease => clock.GetTimestamp() < Volatile.Read(ref _heldUntil);

    /// <summary>Set when somebody waits in <see cref="RenewedAsync"/>.</summary>
    public Signal Asked { get; } = new();

    /// <summary>This node's last life; null in its first.</summary>
    public NodeId? Former { get; private set; }

    /// <summary>What is in Redis, as this node knows it; null without a lease.</summary>
    public string? Content { get; private set; }

    /// <summary>Whether a lease that was held has run out.</summary>
    public bool HasLapsed => Content is not null && !HoldsLease;

    /// <summary>Returns when what is known here is of after this call, or when Redis could not be asked.</summary>
    public Task RenewedAsync(CancellationToken ct)
    {
        var renewed = Volatile.Read(ref _renewed);
        Asked.Set();
        return renewed.Task.WaitAsync(ct);
    }

    /// <summary>Redis is asked now.</summary>
    /// <returns>To be completed when that is done, one way or the other.</returns>
    public TaskCompletionSource Ask() => Interlocked.Exchange(ref _renewed, NewRenewal());

    /// <summary>The lease is no more, and neither is the node of this name.</summary>
    public void Lose()
    {
        Volatile.Write(ref _heldUntil, 0);
        Former = Self;
        Content = null;
        Volatile.Write(ref _self, NodeId.New().Value);
    }

    /// <summary>Takes in an answer by which the lease is held.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="askedAt">The timestamp of the question: the lease runs from there at the latest.</param>
    public MembershipChange Take(LeaseAnswer answer, long askedAt)
    {
        var isGained = Content is null;
        var hasLostState = !isGained && Content != answer.Content;
        Content = answer.Content;
        var self = Self;
        var known = _live;
        if (hasLostState)
            _patientUntil = clock.GetTimestamp() + Ticks(_lease);
        var running = answer.Running.Keys.Where(node => node != self).ToArray();
        NodeId[] awaited = clock.GetTimestamp() < _patientUntil ? [.. known.Except(running)] : [];
        _live = [.. running, .. awaited];
        Volatile.Write(ref _heldUntil, askedAt + Ticks(_lease));
        return new MembershipChange(isGained, hasLostState, [.. running.Except(known)], [.. known.Except(_live)]);
    }

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * clock.TimestampFrequency);

    private static TaskCompletionSource NewRenewal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>What an answer has changed.</summary>
internal sealed record MembershipChange(bool HasGainedLease, bool HasLostState, IReadOnlyList<NodeId> Joined, IReadOnlyList<NodeId> Left);
