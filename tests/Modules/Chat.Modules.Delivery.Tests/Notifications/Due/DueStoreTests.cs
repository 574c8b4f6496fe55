using Chat.Modules.Delivery.Notifications;
using Chat.Modules.Delivery.Notifications.Due;
using Chat.Modules.Delivery.Tests.Relay;
using Chat.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Modules.Delivery.Tests.Notifications.Due;

public sealed class SqliteDueStoreTests : DueStoreContract, IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly TemporaryStores _stores = new("delivery", typeof(DeliveryModule).Assembly);
    private SqliteDueStore? _store;

    private protected override IDueStore Store => _store ??= new SqliteDueStore(_stores.Database, _clock);

    [Fact]
    public async Task After_a_restart_what_was_claimed_is_due_at_once()
    {
        await AddAsync(Item(World.Device("bob"), World.Direct("alice", "bob"), 5, 10));
        Assert.Single(await ClaimAsync());
        _stores.Close();

        _store = null;

        Assert.Equal(5, Assert.Single(Assert.Single(await ClaimAsync()).Items).UpTo.Value);
    }

    public void Dispose() => _stores.Dispose();

    private protected override Task PassAsync(TimeSpan time)
    {
        _clock.Advance(time);
        return Task.CompletedTask;
    }
}

public sealed class MemoryDueStoreTests : DueStoreContract
{
    private readonly FakeTimeProvider _clock = new();
    private MemoryDueStore? _store;

    private protected override IDueStore Store => _store ??= new MemoryDueStore(_clock);

    [Fact]
    public async Task It_begins_with_nothing_and_has_to_be_rebuilt()
    {
        var ct = TestContext.Current.CancellationToken;

        Assert.Equal(Rebuild.Begun, await Store.TryRebuildAsync(Lease, ct));
        Assert.Equal(Rebuild.Continued, await Store.TryRebuildAsync(Lease, ct));
        await Store.MarkWholeAsync(ct);

        Assert.Equal(Rebuild.None, await Store.TryRebuildAsync(Lease, ct));
    }

    private protected override Task PassAsync(TimeSpan time)
    {
        _clock.Advance(time);
        return Task.CompletedTask;
    }
}

/// <summary>On a real Redis, by its clock.</summary>
public sealed class RedisDueStoreTests : DueStoreContract, IAsyncLifetime
{
    private static readonly PushTimes Times = PushTimes.Of(new PushOptions(), new DeliveryOptions(), hasOthers: true);

    private RedisServer? _redis;
    private NodeServices? _node;

    private protected override IDueStore Store => field ??= Open();

    private protected override TimeSpan ShortLease => TimeSpan.FromMilliseconds(100);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("queue")]
    [InlineData("since")]
    [InlineData("claims")]
    [InlineData("failed")]
    [InlineData("whole")]
    public async Task A_key_of_another_type_is_made_again_and_all_is_looked_at_again(string name)
    {
        DueItem[] items = [.. Enumerable.Range(0, 40).Select(n => Item(World.Device($"user{n}"), World.Direct("alice", "bob"), 5, 10))];
        var one = Open();
        await one.TryRebuildAsync(Lease, Ct);
        await one.MarkWholeAsync(Ct);
        var key = name == "whole" ? "chat:{push:1}:whole" : $"chat:{{push:1}}:fcm:{name}";
        await AddAsync(items);
        await _redis!.CommandAsync("sadd", "wrong", "type");
        await _redis.CommandAsync("rename", "wrong", key);

        await AddAsync(items);

        Assert.Equal(Rebuild.Begun, await Open().TryRebuildAsync(Lease, Ct));
        Assert.NotEqual("set", await _redis.CommandAsync("type", key));
    }

    [Fact]
    public async Task A_Redis_that_begins_with_nothing_is_rebuilt_by_one_server()
    {
        var (one, other) = (Open(), Open());

        Assert.Equal(Rebuild.Begun, await one.TryRebuildAsync(Lease, Ct));
        Assert.Equal(Rebuild.None, await other.TryRebuildAsync(Lease, Ct));
        Assert.Equal(Rebuild.Continued, await one.TryRebuildAsync(Lease, Ct));
        await one.MarkWholeAsync(Ct);

        Assert.Equal(Rebuild.None, await one.TryRebuildAsync(Lease, Ct));
        Assert.Equal(Rebuild.None, await other.TryRebuildAsync(Lease, Ct));
    }

    [Fact]
    public async Task What_is_lost_during_the_rebuild_begins_it_anew()
    {
        var one = Open();
        await one.TryRebuildAsync(Lease, Ct);
        await _redis!.CommandAsync("FLUSHALL");

        await one.MarkWholeAsync(Ct);

        Assert.Equal(Rebuild.Begun, await one.TryRebuildAsync(Lease, Ct));
    }

    [Fact]
    public async Task A_server_that_dies_during_the_rebuild_is_followed_by_another()
    {
        await Open().TryRebuildAsync(ShortLease, Ct);
        await PassAsync(ShortLease + TimeSpan.FromMilliseconds(20));

        Assert.Equal(Rebuild.Begun, await Open().TryRebuildAsync(Lease, Ct));
    }

    [Fact]
    public async Task Every_key_has_a_life()
    {
        await AddAsync([.. Enumerable.Range(0, 20).Select(n => Item(World.Device($"user{n}"), World.Direct("alice", "bob"), 5, 10))]);
        foreach (var claim in (await ClaimAsync()).Take(5))
            await Store.SettleAsync(claim, new DueSettlement([], TimeSpan.FromSeconds(5), 1, PushReason.Timeout), Ct);
        await Store.TryRebuildAsync(Lease, Ct);
        await Store.MarkWholeAsync(Ct);
        await Store.TryRebuildAsync(Lease, Ct);

        foreach (var key in (await _redis!.CommandAsync("KEYS", "*push*")).Split('\n'))
            Assert.True(long.Parse(await _redis.CommandAsync("PTTL", key), System.Globalization.CultureInfo.InvariantCulture) > 0, key);
    }

    [Fact]
    public async Task A_claim_reads_only_what_it_claims_of_a_device_that_has_very_much_due()
    {
        await AddAsync([.. Enumerable.Range(0, 2_000).Select(n => Item(Phone, With(n), 5, n))]);
        await SettleAsync(Assert.Single(await ClaimAsync()), []);

        var before = await SentAsync();
        var claim = Assert.Single(await ClaimAsync());
        var claimed = await SentAsync() - before;

        Assert.Equal(IDueStore.MaxItems, claim.Items.Count);
        // The conversation's name, a seqNo and a time for each, and the answer to INFO.
        Assert.InRange(claimed, 0, 16_000);
    }

    [Fact]
    public async Task What_a_server_of_the_version_before_added_and_settled_is_claimed()
    {
        // It keeps no order of what is due for a device: what was there before, what it adds, and what it settles beside a server that does.
        await AddAsync([.. Enumerable.Range(0, 100).Select(n => Item(Phone, With(n), 1, n))]);
        var items = Assert.Single((await _redis!.CommandAsync("KEYS", "*fcm:d:*")).Split('\n'));
        await ForgetOrderAsync();
        var claim = Assert.Single(await ClaimAsync());
        await _redis.CommandAsync("HDEL", items, With(50).Value);
        await _redis.CommandAsync("HSET", items, With(777).Value, $"4 {Item(Phone, With(777), 4, 3).Since.ToUnixTimeMilliseconds()}");
        await SettleAsync(claim, claim.Items);

        var rest = new List<DueItem>();
        while (await ClaimAsync() is [var next])
        {
            rest.AddRange(next.Items);
            await SettleAsync(next, next.Items);
        }

        Assert.Equal(
            Enumerable.Range(IDueStore.MaxItems, 100 - IDueStore.MaxItems).Where(n => n != 50).Append(777).Select(n => With(n).Value).Order(StringComparer.Ordinal),
            rest.Select(item => item.Conversation.Value).Order(StringComparer.Ordinal));
        Assert.Empty(await _redis.CommandAsync("KEYS", "*fcm:?:*"));

        async Task ForgetOrderAsync()
        {
            foreach (var key in (await _redis.CommandAsync("KEYS", "*fcm:o:*")).Split('\n', StringSplitOptions.RemoveEmptyEntries))
                await _redis.CommandAsync("DEL", key);
        }
    }

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(RedisServer.IsMissing, RedisServer.Missing);
        _redis = await RedisServer.StartAsync($"--user {RedisUser.Documented(NodeServices.Password)}");
        _node = new NodeServices(_redis, () => throw new NotSupportedException(), () => throw new NotSupportedException());
        await _node.Redis.StartingAsync(Ct);
    }

    public async ValueTask DisposeAsync()
    {
        if (_node is not null)
            await _node.KillAsync();
        if (_redis is not null)
            await _redis.DisposeAsync();
    }

    private protected override Task PassAsync(TimeSpan time) => Task.Delay(time, Ct);

    // Bytes that Redis has sent.
    private async Task<long> SentAsync() => long.Parse(
        (await _redis!.CommandAsync("INFO", "stats")).Split('\n').Single(line => line.StartsWith("total_net_output_bytes:", StringComparison.Ordinal)).Split(':')[1],
        System.Globalization.CultureInfo.InvariantCulture);

    private RedisDueStore Open() => new(_node!.Redis, Times, TimeProvider.System);
}
