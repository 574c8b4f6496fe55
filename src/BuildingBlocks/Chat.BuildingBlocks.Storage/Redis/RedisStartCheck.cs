using System.Globalization;

namespace Chat.BuildingBlocks.Storage.Redis;

/// <summary>What is wrong with a Redis, by what its INFO says, and what to do about it.</summary>
/// <param name="Refusal">Why it cannot be used at all; null where it can.</param>
/// <param name="Findings">What will cost something one day.</param>
internal sealed record RedisStartCheck(string? Refusal, IReadOnlyList<string> Findings)
{
    // Their scripts may read the time and write; 7.0 brought channels of a shard.
    private static readonly Version Oldest = new(6, 2);
    private static readonly Version OldestCluster = new(7, 0);

    public static RedisStartCheck Of(IReadOnlyDictionary<string, string> info)
    {
        if (!Version.TryParse(info.GetValueOrDefault("redis_version"), out var version))
            return new("its version cannot be read.", []);
        var isCluster = info.GetValueOrDefault("redis_mode") == "cluster";
        if (version < Oldest || (isCluster && version < OldestCluster))
            return new($"it is version {version}, and {(isCluster ? $"a Redis Cluster needs {OldestCluster}" : $"{Oldest} is needed")}: run a newer Redis.", []);
        return new(null, [.. FindingsOf(info)]);
    }

    private static IEnumerable<string> FindingsOf(IReadOnlyDictionary<string, string> info)
    {
        var policy = info.GetValueOrDefault("maxmemory_policy", "noeviction");
        var maxMemory = long.TryParse(info.GetValueOrDefault("maxmemory"), CultureInfo.InvariantCulture, out var bytes) ? bytes : 0;
        if (maxMemory > 0 && policy != "noeviction")
            yield return $"with maxmemory-policy {policy} it forgets servers and connections when its memory is full: set noeviction, and watch used_memory.";
        if (info.GetValueOrDefault("rdb_last_bgsave_status") == "err")
            yield return "its last snapshot failed, and by stop-writes-on-bgsave-error it then refuses writes: nothing in it needs to last, so set save \"\".";
        if (info.GetValueOrDefault("aof_last_write_status") == "err")
            yield return "its append-only file cannot be written, and it refuses writes: nothing in it needs to last, so set appendonly no.";
        else if (info.GetValueOrDefault("aof_enabled") == "1")
            yield return "it writes an append-only file, and may wait for its disk: nothing in it needs to last, so set appendonly no.";
        if (info.GetValueOrDefault("role") == "slave")
            yield return "it is a replica, which takes no writes: name its primary, or the Sentinels with serviceName.";
    }
}
