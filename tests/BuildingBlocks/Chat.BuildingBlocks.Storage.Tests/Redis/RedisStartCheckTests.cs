using Chat.BuildingBlocks.Storage.Redis;

namespace Chat.BuildingBlocks.Storage.Tests.Redis;

/// <summary>What an operator is told of a Redis.</summary>
public sealed class RedisStartCheckTests
{
    private const string Good = "redis_version:7.2.4\r\nredis_mode:standalone\r\nrole:master\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\nrdb_last_bgsave_status:ok\r\n";

    [Fact]
    public void A_Redis_as_it_should_be_is_passed_without_a_word()
    {
        var check = Look(Good);

        Assert.Null(check.Refusal);
        Assert.Empty(check.Findings);
    }

    [Theory]
    [InlineData("redis_version:6.2.0", "redis_mode:standalone", null)]
    [InlineData("redis_version:6.0.20", "redis_mode:standalone", "6.2 is needed")]
    [InlineData("redis_version:7.0.0", "redis_mode:cluster", null)]
    [InlineData("redis_version:6.2.14", "redis_mode:cluster", "a Redis Cluster needs 7.0")]
    [InlineData("redis_version:none", "redis_mode:standalone", "version")]
    public void One_that_is_too_old_is_refused(string version, string mode, string? refusal)
    {
        var check = Look($"{Good}{version}\r\n{mode}\r\n");

        if (refusal is null)
            Assert.Null(check.Refusal);
        else
            Assert.Contains(refusal, check.Refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("maxmemory:1048576\r\nmaxmemory_policy:allkeys-lru", "set noeviction")]
    [InlineData("rdb_last_bgsave_status:err", "set save \"\"")]
    [InlineData("aof_last_write_status:err", "set appendonly no")]
    [InlineData("aof_enabled:1", "set appendonly no")]
    [InlineData("aof_enabled:1\r\naof_last_write_status:err", "refuses writes")]
    [InlineData("role:slave", "name its primary")]
    public void What_will_cost_something_is_said_with_what_to_do(string lines, string advice)
    {
        var check = Look($"{Good}{lines}\r\n");

        Assert.Null(check.Refusal);
        Assert.Contains(advice, Assert.Single(check.Findings), StringComparison.Ordinal);
    }

    [Fact]
    public void Eviction_without_a_limit_evicts_nothing() => Assert.Empty(Look($"{Good}maxmemory_policy:allkeys-lru\r\n").Findings);

    private static RedisStartCheck Look(string info) => RedisStartCheck.Of(RedisReport.Parse(info));
}
