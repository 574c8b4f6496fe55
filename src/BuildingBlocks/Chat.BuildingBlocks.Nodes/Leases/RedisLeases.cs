using System.Globalization;
using Chat.BuildingBlocks.Storage.Redis;
using StackExchange.Redis;

namespace Chat.BuildingBlocks.Nodes.Leases;

/// <summary>The nodes' leases in Redis. Time is Redis's, so that the nodes' clocks need not agree.</summary>
/// <remarks>
/// Keys, of one hash tag and with a life of twenty leases: <c>{nodes}:leases</c>, a sorted set from node to the end of its lease, from which one that ended ten
/// leases ago is removed; <c>{nodes}:content</c>, a random name.
/// </remarks>
internal sealed class RedisLeases(RedisClient redis)
{
    private static readonly RedisScript Renew = new("leases", typeof(RedisLeases).Assembly, "renew-lease.lua");
    private static readonly RedisScript End = new("leases", typeof(RedisLeases).Assembly, "end-lease.lua");

    /// <summary>Renews the lease of a node that knows what is in this Redis, or gives one to a node that does not.</summary>
    /// <param name="node">Which.</param>
    /// <param name="former">Who it was before; null at its start.</param>
    /// <param name="lease">For how long.</param>
    /// <param name="content">What the last answer said; null without a lease.</param>
    /// <param name="hasLost">Whether something in this Redis is gone: all nodes learn of it.</param>
    /// <exception cref="Errors.StoreUnavailableException">No answer in time.</exception>
    public async Task<LeaseAnswer> RenewAsync(NodeId node, NodeId? former, TimeSpan lease, string? content, bool hasLost = false)
    {
        var result = await redis.RunAsync(
            Renew, [Leases, Content],
            [node.ToString(), former?.ToString() ?? "", (long)lease.TotalMilliseconds, content ?? "", NodeId.New().ToString(), hasLost ? "1" : ""], Content);
        var now = (long)result[2];
        var running = new Dictionary<NodeId, TimeSpan>();
        for (var i = 3; i < result.Length; i += 2)
        {
            // Another entry is not a node's, and is removed when its time is over.
            if (NodeId.TryParse((string)result[i]!, out var live))
                running[live] = TimeSpan.FromMilliseconds(double.Parse((string)result[i + 1]!, CultureInfo.InvariantCulture) - now);
        }
        return new LeaseAnswer((int)result[0] == 1, (string)result[1]!, running);
    }

    /// <summary>Ends a node's lease, so that the others need not wait.</summary>
    /// <inheritdoc cref="RenewAsync" path="/exception"/>
    public Task EndAsync(NodeId node) => redis.RunAsync(End, [Leases], [node.ToString()], Content);

    private RedisKey Leases => redis.KeyOf("{nodes}:leases");

    private RedisKey Content => redis.KeyOf("{nodes}:content");
}
