using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Storage.Redis;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Chat.BuildingBlocks.Nodes.Leases;

/// <summary>Notices when a shard of a Redis Cluster has lost what it held: the leases are on one of them and say nothing of the others.</summary>
/// <remarks>Keys: <c>{nodes:&lt;number&gt;}:content</c>, a random name, one on each shard, with a life of twenty leases.</remarks>
internal sealed class RedisShards(RedisClient redis, IOptions<NodesOptions> options)
{
    private static readonly RedisScript Name = new("leases", typeof(RedisShards).Assembly, "name-content.lua");

    // The last answer of each shard. Only of LookAsync, of which there is one at a time.
    private readonly Dictionary<RedisKey, string> _contents = [];

    /// <returns>Whether one holds something else than at the last look. One that does not answer now is compared when it does.</returns>
    public async Task<bool> LookAsync()
    {
        if (!redis.IsUp)
            return false;
        var answers = await Task.WhenAll(redis.KeysOnAllShards("nodes", "content").Select(AskAsync));
        var hasLost = false;
        foreach (var (key, content) in answers)
        {
            if (content is null)
                continue;
            hasLost |= _contents.TryGetValue(key, out var before) && before != content;
            _contents[key] = content;
        }
        return hasLost;
    }

    private async Task<(RedisKey Key, string? Content)> AskAsync(RedisKey key)
    {
        try
        {
            return (key, (string?)await redis.RunAsync(Name, [key], [NodeId.New().ToString(), options.Value.LeaseMs * 20L], key));
        }
        catch (StoreUnavailableException)
        {
            return (key, null);
        }
    }
}
