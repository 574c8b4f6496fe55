using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Storage.Redis;
using Hangfire;
using Hangfire.Redis.StackExchange;
using Hangfire.States;
using Hangfire.Storage;
using StackExchange.Redis;

namespace Chat.Host.Operations.Upkeep;

/// <summary>
/// Hangfire's state in Redis, over the server's own connection. All keys begin with <c>{jobs}:</c> after the prefix, so that on a Redis Cluster they are in one
/// place, as Hangfire's transactions need.
/// </summary>
internal sealed class RedisJobStorage(RedisClient redis) : JobStorage
{
    private readonly Lock _gate = new();
    private RedisStorage? _opened;

    /// <exception cref="StoreUnavailableException">Redis has not been reached since the start.</exception>
    public RedisStorage Opened
    {
        get
        {
            lock (_gate)
                return _opened ??= new RedisStorage(redis.Multiplexer, new RedisStorageOptions { Prefix = $"{redis.KeyOf("{jobs}")}:" });
        }
    }

    /// <summary>Whether Redis is away: RedisHealth says so in the log.</summary>
    public static bool IsUnavailable(Exception e) => e is RedisException or RedisTimeoutException or RedisCommandException or StoreUnavailableException or ObjectDisposedException
        || (e is AggregateException all && all.InnerExceptions.All(IsUnavailable));

    public override IMonitoringApi GetMonitoringApi() => Opened.GetMonitoringApi();

    public override IStorageConnection GetConnection() => Opened.GetConnection();

    public override bool HasFeature(string featureId) => Opened.HasFeature(featureId);

    public override IEnumerable<IStateHandler> GetStateHandlers() => Opened.GetStateHandlers();
}
