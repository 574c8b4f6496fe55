using Chat.BuildingBlocks.Nodes.Leases;
using Chat.BuildingBlocks.Nodes.Tests.Running;
using Chat.BuildingBlocks.Storage.Redis;
using Chat.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Chat.BuildingBlocks.Nodes.Tests.Leases;

/// <summary>Who is live, as nodes come, go, die and stand still, and as Redis loses what it had.</summary>
public sealed class LeaseTests : IAsyncLifetime
{
    // No lease of this length ends during a test.
    private static readonly (string, string) LongLease = TestNode.Lease(60_000);
    private static readonly (string, string) ShortLease = TestNode.Lease(1_000);
    private static readonly (string, string) ShortTimeout = ("Redis:CommandTimeoutMs", "300");

    private RedisServer _redis = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(RedisServer.IsMissing, RedisServer.Missing);
        _redis = await RedisServer.StartAsync();
    }

    [Fact]
    public async Task Nodes_come_to_know_one_another()
    {
        await using var a = await TestNode.StartAsync(_redis, LongLease);
        await using var b = await TestNode.StartAsync(_redis, LongLease);
        await using var c = await TestNode.StartAsync(_redis, LongLease);

        await TestNode.MeetAsync(a, b, c);

        await a.HearsAsync($"joined {b.Id}");
        await a.HearsAsync($"joined {c.Id}");
        Assert.Equal("gained", a.Told[0]);
        Assert.Equal(3, new[] { a.Id, b.Id, c.Id }.Distinct().Count());
    }

    [Fact]
    public async Task A_node_that_ends_has_left_at_once()
    {
        await using var a = await TestNode.StartAsync(_redis, LongLease);
        await using var b = await TestNode.StartAsync(_redis, LongLease);
        await TestNode.MeetAsync(a, b);
        var gone = b.Id;

        await b.StopAsync();

        await a.HearsAsync($"left {gone}");
        Assert.Empty(a.Nodes.Live);
    }

    [Fact]
    public async Task A_node_that_dies_has_left_when_its_lease_ends()
    {
        await using var a = await TestNode.StartAsync(_redis, ShortLease, ShortTimeout);
        await using var b = await TestNode.StartAsync(_redis, ShortLease, ShortTimeout);
        await TestNode.MeetAsync(a, b);
        var dead = b.Id;

        await b.KillAsync();

        await a.HearsAsync($"left {dead}");
    }

    [Fact]
    public async Task When_Redis_is_emptied_all_stay_who_they_are_and_are_told_to_register_again()
    {
        await using var a = await TestNode.StartAsync(_redis, LongLease);
        await using var b = await TestNode.StartAsync(_redis, LongLease);
        var (first, second) = (a.Id, b.Id);
        await RenewUntilAsync(() => a.Nodes.Live.Contains(b.Id) && b.Nodes.Live.Contains(a.Id), a, b);

        await _redis.CommandAsync("flushall");

        await RenewUntilAsync(() => a.Told.Contains("state lost") && b.Told.Contains("state lost"), a, b);
        Assert.Equal((first, second), (a.Id, b.Id));
        Assert.Equal([second], a.Nodes.Live);
        Assert.Equal([first], b.Nodes.Live);
        Assert.DoesNotContain(a.Told.Concat(b.Told), told => told.StartsWith("left", StringComparison.Ordinal) || told.StartsWith("lost", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("chat:{nodes}:leases")]
    [InlineData("chat:{nodes}:content")]
    public async Task A_key_of_another_type_costs_no_node_its_life_and_all_are_told_to_register_again(string key)
    {
        await using var a = await TestNode.StartAsync(_redis, LongLease);
        await using var b = await TestNode.StartAsync(_redis, LongLease);
        var (first, second) = (a.Id, b.Id);
        await RenewUntilAsync(() => a.Nodes.Live.Contains(b.Id) && b.Nodes.Live.Contains(a.Id), a, b);

        await _redis.CommandAsync("sadd", "wrong", "type");
        await _redis.CommandAsync("rename", "wrong", key);

        await RenewUntilAsync(() => a.Told.Contains("state lost") && b.Told.Contains("state lost"), a, b);
        Assert.Equal((first, second), (a.Id, b.Id));
        Assert.True(a.Nodes.HoldsLease && b.Nodes.HoldsLease);
        Assert.Equal([second], a.Nodes.Live);
        Assert.Equal([first], b.Nodes.Live);
        Assert.Equal("2", await _redis.CommandAsync("zcard", "chat:{nodes}:leases"));
    }

    [Fact]
    public async Task A_key_of_another_type_elsewhere_makes_all_register_again()
    {
        await using var a = await TestNode.StartAsync(_redis, LongLease);
        await using var b = await TestNode.StartAsync(_redis, LongLease);
        var (first, second) = (a.Id, b.Id);
        await RenewUntilAsync(() => a.Nodes.Live.Contains(b.Id) && b.Nodes.Live.Contains(a.Id), a, b);
        await _redis.CommandAsync("set", "chat:{elsewhere}", "wrong");

        await a.Redis.RunAsync(new RedisScript("test", typeof(RedisLeases).Assembly, "end-lease.lua"), [a.Redis.KeyOf("{elsewhere}")], ["one"]);

        await RenewUntilAsync(() => a.Told.Contains("state lost") && b.Told.Contains("state lost"), a, b);
        Assert.Equal((first, second), (a.Id, b.Id));
    }

    [Fact]
    public async Task An_entry_among_the_leases_that_is_no_node_is_passed_over()
    {
        await using var a = await TestNode.StartAsync(_redis, LongLease);
        await _redis.CommandAsync("zadd", "chat:{nodes}:leases", "9999999999999", "no node");
        await using var b = await TestNode.StartAsync(_redis, LongLease);

        await RenewUntilAsync(() => a.Nodes.Live.SequenceEqual([b.Id]) && b.Nodes.Live.SequenceEqual([a.Id]), a, b);
    }

    [Fact]
    public async Task A_node_that_does_not_come_back_after_Redis_was_emptied_has_left_after_a_lease()
    {
        var clock = new FakeTimeProvider();
        await using var a = await TestNode.StartAsync(_redis, clock);
        await using var b = await TestNode.StartAsync(_redis, LongLease);
        await RenewUntilAsync(() => a.Nodes.Live.Contains(b.Id) && b.Nodes.Live.Contains(a.Id), a, b);
        var dead = b.Id;
        await b.KillAsync();

        await _redis.CommandAsync("flushall");
        await RenewUntilAsync(() => a.Told.Contains("state lost"), a);
        var wasAwaited = a.Nodes.Live.Contains(dead);

        await PassUntilAsync(clock, () => a.Told.Contains($"left {dead}"), a);
        Assert.True(wasAwaited);
    }

    [Fact]
    public async Task A_Redis_that_was_away_for_less_than_a_lease_costs_no_node_its_life()
    {
        await using var a = await TestNode.StartAsync(_redis, LongLease, ShortTimeout);
        await using var b = await TestNode.StartAsync(_redis, LongLease, ShortTimeout);
        await TestNode.MeetAsync(a, b);
        var (first, second) = (a.Id, b.Id);

        await _redis.KillAsync();
        a.Membership.Asked.Set();
        await Wait.UntilAsync(() => !a.Redis.IsUp, "it is seen that Redis is away");
        await _redis.StartAgainAsync();

        await RenewUntilAsync(() => a.Told.Contains("state lost") && b.Told.Contains("state lost"), a, b);
        Assert.Equal((first, second), (a.Id, b.Id));
        Assert.Equal([second], a.Nodes.Live);
    }

    [Fact]
    public async Task A_Redis_that_comes_back_with_an_older_state_is_noticed()
    {
        await using var a = await TestNode.StartAsync(_redis, LongLease, ShortTimeout);
        await _redis.CommandAsync("save");
        await using var b = await TestNode.StartAsync(_redis, LongLease, ShortTimeout);
        await TestNode.MeetAsync(a, b);
        var (first, second) = (a.Id, b.Id);

        await _redis.KillAsync();
        await _redis.StartAgainAsync();

        await RenewUntilAsync(() => a.Told.Contains("state lost") && b.Told.Contains("state lost"), a, b);
        Assert.Equal((first, second), (a.Id, b.Id));
        Assert.Equal([second], a.Nodes.Live);
    }

    [Fact]
    public async Task A_Redis_that_was_away_for_longer_makes_all_begin_again_as_others()
    {
        await using var a = await TestNode.StartAsync(_redis, ShortLease, ShortTimeout);
        await using var b = await TestNode.StartAsync(_redis, ShortLease, ShortTimeout);
        await TestNode.MeetAsync(a, b);
        var (first, second) = (a.Id, b.Id);

        await _redis.KillAsync();
        await a.HearsAsync($"lost {LeaseLoss.RedisUnreachable}");
        await b.HearsAsync($"lost {LeaseLoss.RedisUnreachable}");
        var held = (a.Nodes.HoldsLease, b.Nodes.HoldsLease);
        await _redis.StartAgainAsync();

        await TestNode.MeetAsync(a, b);
        Assert.Equal((false, false), held);
        Assert.True(a.Nodes.HoldsLease && b.Nodes.HoldsLease);
        Assert.NotEqual((first, second), (a.Id, b.Id));
        Assert.Equal(2, a.Told.Count(told => told == "gained"));
        await a.HearsAsync($"left {second}");
    }

    [Fact]
    public async Task A_Redis_that_hangs_for_longer_than_a_lease_makes_all_begin_again_as_others()
    {
        await using var a = await TestNode.StartAsync(_redis, ShortLease, ShortTimeout);
        await using var b = await TestNode.StartAsync(_redis, ShortLease, ShortTimeout);
        await TestNode.MeetAsync(a, b);
        var first = a.Id;

        await _redis.PauseAsync();
        await a.HearsAsync($"lost {LeaseLoss.RedisUnreachable}");
        await b.HearsAsync($"lost {LeaseLoss.RedisUnreachable}");
        await _redis.ContinueAsync();

        await TestNode.MeetAsync(a, b);
        Assert.NotEqual(first, a.Id);
    }

    [Fact]
    public async Task A_process_that_stood_still_for_a_lease_holds_none_from_the_moment_in_which_it_goes_on()
    {
        var clock = new FakeTimeProvider();
        await using var a = await TestNode.StartAsync(_redis, LongLease);
        await using var b = await TestNode.StartAsync(_redis, clock);
        await RenewUntilAsync(() => a.Nodes.Live.Contains(b.Id) && b.Nodes.Live.Contains(a.Id), a, b);
        var before = b.Id;

        clock.Advance(TimeSpan.FromMilliseconds(6_000));
        var held = b.Nodes.HoldsLease;

        Assert.False(held);
        await b.HearsAsync($"lost {LeaseLoss.StoodStill}");
        await Wait.UntilAsync(() => b.Nodes.HoldsLease, "it has begun again");
        Assert.NotEqual(before, b.Id);
        await RenewUntilAsync(() => a.Told.Contains($"left {before}") && a.Told.Contains($"joined {b.Id}"), a);
    }

    [Fact]
    public async Task A_node_whose_lease_the_others_have_seen_end_begins_again_though_by_its_own_clock_it_runs()
    {
        await using var a = await TestNode.StartAsync(_redis, LongLease);
        var before = a.Id;
        await _redis.CommandAsync("zrem", "chat:{nodes}:leases", before.ToString());

        await RenewUntilAsync(() => a.Told.Contains($"lost {LeaseLoss.Refused}"), a);

        await Wait.UntilAsync(() => a.Nodes.HoldsLease, "it has begun again");
        Assert.NotEqual(before, a.Id);
    }

    [Fact]
    public async Task Where_the_clock_of_Redis_goes_forward_no_node_is_said_to_have_stood_still()
    {
        await using var a = await TestNode.StartAsync(_redis, LongLease);
        await using var b = await TestNode.StartAsync(_redis, LongLease);
        await RenewUntilAsync(() => a.Nodes.Live.Contains(b.Id) && b.Nodes.Live.Contains(a.Id), a, b);

        // By the new time all leases ended ten minutes ago.
        foreach (var node in new[] { a, b })
            await _redis.CommandAsync("zincrby", "chat:{nodes}:leases", "-600000", node.Id.ToString());

        await RenewUntilAsync(() => a.Told.Count(told => told == "gained") == 2 && b.Told.Count(told => told == "gained") == 2, a, b);
        Assert.DoesNotContain($"lost {LeaseLoss.StoodStill}", a.Told.Concat(b.Told));
        await TestNode.MeetAsync(a, b);
    }

    [Fact]
    public async Task Where_the_clock_of_Redis_goes_back_a_node_that_dies_has_left_when_a_lease_is_over()
    {
        await using var a = await TestNode.StartAsync(_redis, ShortLease, ShortTimeout);
        var dead = NodeId.New();
        await a.Leases.RenewAsync(dead, null, TimeSpan.FromSeconds(1), null);
        // By the new time its lease ends in ten minutes.
        await _redis.CommandAsync("zincrby", "chat:{nodes}:leases", "600000", dead.ToString());

        await a.HearsAsync($"joined {dead}");
        await a.HearsAsync($"left {dead}");
    }

    [Fact]
    public async Task A_node_starts_without_Redis_and_has_its_lease_when_Redis_comes()
    {
        await _redis.KillAsync();
        await using var a = await TestNode.StartAsync(_redis, ("Redis:StartTimeoutMs", "0"));
        var held = a.Nodes.HoldsLease;

        await _redis.StartAgainAsync();

        await Wait.UntilAsync(() => a.Nodes.HoldsLease, "it has a lease");
        Assert.False(held);
    }

    [Fact]
    public async Task Every_key_has_a_life_and_the_dead_are_forgotten()
    {
        await using var a = await TestNode.StartAsync(_redis, LongLease);
        await _redis.CommandAsync("zadd", "chat:{nodes}:leases", "1", "00000000000000aa");

        await RenewUntilAsync(() => _redis.CommandAsync("zcard", "chat:{nodes}:leases").GetAwaiter().GetResult() == "1", a);

        var keys = (await _redis.CommandAsync("keys", "*")).Split('\n');
        Assert.Equal(["chat:{nodes}:content", "chat:{nodes}:leases"], keys.Order(StringComparer.Ordinal));
        foreach (var key in keys)
            Assert.NotEqual("-1", await _redis.CommandAsync("pttl", key));
    }

    [Fact]
    public async Task The_user_of_the_document_may_do_all_that_nodes_need()
    {
        await using var guarded = await RedisServer.StartAsync($"--user {RedisUser.Documented("secret")}", "--user default off");
        var login = $"{guarded.Address},user=chat,password=secret";

        await using var a = await TestNode.StartAsync(login, TimeProvider.System, LongLease);
        await using var b = await TestNode.StartAsync(login, TimeProvider.System, LongLease);
        await TestNode.MeetAsync(a, b);
        a.Send(b, "hello");

        await b.ReceivesAsync("hello");
        await b.StopAsync();
        await Wait.UntilAsync(() => a.Nodes.Live.Count == 0, "it has left");
    }

    [Fact]
    public async Task On_a_cluster_nodes_know_one_another_and_talk()
    {
        await using var cluster = await RedisCluster.StartAsync();
        await using var a = await TestNode.StartAsync(cluster.ConnectionString, TimeProvider.System, LongLease);
        await using var b = await TestNode.StartAsync(cluster.ConnectionString, TimeProvider.System, LongLease);
        await using var c = await TestNode.StartAsync(cluster.ConnectionString, TimeProvider.System, LongLease);
        await TestNode.MeetAsync(a, b, c);

        a.Broadcast("hello");

        Assert.True(await a.Bus.AcknowledgedAsync(TimeSpan.FromMinutes(1), Ct));
        Assert.Equal(["hello"], b.Received);
        Assert.Equal(["hello"], c.Received);
    }

    public async ValueTask DisposeAsync()
    {
        if (_redis is not null)
            await _redis.DisposeAsync();
    }

    // Small steps, each with a renewal: without it the process would stand still.
    private static Task PassUntilAsync(FakeTimeProvider clock, Func<bool> condition, params TestNode[] nodes) => RenewUntilAsync(
        () =>
        {
            if (condition())
                return true;
            clock.Advance(TimeSpan.FromMilliseconds(500));
            return false;
        }, nodes);

    private static Task RenewUntilAsync(Func<bool> condition, params TestNode[] nodes) => Wait.UntilAsync(
        async () =>
        {
            foreach (var node in nodes)
                await node.Membership.RenewedAsync(Ct);
            return condition();
        }, "the leases were renewed");
}
