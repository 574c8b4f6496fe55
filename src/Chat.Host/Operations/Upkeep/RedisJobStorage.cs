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
    private const string Operation = "the upkeep";

    // Longer than Hangfire waits before it tries again what has failed.
    private static readonly TimeSpan NoRefusalFor = TimeSpan.FromMinutes(10);

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

    /// <summary>Says once what Redis refuses Hangfire, if that is why it failed.</summary>
    /// <returns>Whether Redis is the cause, and the exception need not be told.</returns>
    public bool Explains(Exception e)
    {
        if (!IsUnavailable(e))
            return false;
        if ((e as AggregateException)?.InnerExceptions.OfType<RedisServerException>().FirstOrDefault() is { } inner)
            redis.NoteRefusal(Operation, inner);
        else if (e is RedisServerException refused)
            redis.NoteRefusal(Operation, refused);
        return true;
    }

    /// <summary>The upkeep has its schedule, and nothing else of it has been refused for a while.</summary>
    public void NoteWorking() => redis.NoteDone(Operation, NoRefusalFor);

    public override IMonitoringApi GetMonitoringApi() => Opened.GetMonitoringApi();

    public override IStorageConnection GetConnection() => Opened.GetConnection();

    public override bool HasFeature(string featureId) => Opened.HasFeature(featureId);

    public override IEnumerable<IStateHandler> GetStateHandlers() => Opened.GetStateHandlers();
}
