using System.Collections.Concurrent;
using Chat.BuildingBlocks.Caching;
using Microsoft.Extensions.Time.Testing;

namespace Chat.BuildingBlocks.Tests.Caching;

public sealed class SnapshotCacheTests
{
    private readonly ConcurrentDictionary<string, Snapshot> _store = new();
    private readonly FakeTimeProvider _clock = new();
    private Snapshot<Snapshot>? _old;
    private int _loads;

    [Fact]
    public async Task What_was_found_once_is_in_memory()
    {
        var cache = Cache(100);
        _store["a"] = new Snapshot(1);

        var found = await cache.FindAsync("a");

        Assert.True(cache.TryGet("a", out var kept));
        Assert.Same(found, kept);
        Assert.Same(found, await cache.FindAsync("a"));
        Assert.Equal(1, _loads);
    }

    [Fact]
    public async Task What_has_reached_its_age_is_asked_for_again_and_shown_to_the_load()
    {
        var cache = Cache(100, maxAge: TimeSpan.FromSeconds(1));
        var first = _store["a"] = new Snapshot(1);
        await cache.FindAsync("a");
        _store["a"] = new Snapshot(2);

        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(cache.TryGet("a", out _));
        Assert.Null(_old);

        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.False(cache.TryGet("a", out _));
        Assert.Equal(2, (await cache.FindAsync("a"))!.Version);
        Assert.Equal(new Snapshot<Snapshot>(first, IsStale: false), _old);
        Assert.True(cache.TryGet("a", out _));
        Assert.Equal(1, cache.Weight);
    }

    [Fact]
    public async Task What_is_in_doubt_is_asked_for_again_and_shown_to_the_load_also_after_one_that_failed()
    {
        var loads = new Queue<Task<Snapshot?>>([
            Task.FromResult<Snapshot?>(new Snapshot(1)), Task.FromException<Snapshot?>(new IOException()), Task.FromResult<Snapshot?>(new Snapshot(2))]);
        var cache = Cache(100, _ => loads.Dequeue());
        var first = await cache.FindAsync("a");

        cache.MarkStale("a");
        Assert.False(cache.TryGet("a", out _));
        await Assert.ThrowsAsync<IOException>(() => cache.FindAsync("a"));
        Assert.Equal(1, cache.Weight);
        Assert.False(cache.TryGet("a", out _));

        Assert.Equal(2, (await cache.FindAsync("a"))!.Version);
        Assert.Equal(new Snapshot<Snapshot>(first!, IsStale: true), _old);
        Assert.True(cache.TryGet("a", out _));
        Assert.Equal(1, cache.Weight);
    }

    [Fact]
    public async Task A_load_that_goes_on_for_longer_than_the_age_is_not_waited_for_by_those_who_come_later()
    {
        var loads = new Queue<TaskCompletionSource<Snapshot?>>([new(), new()]);
        var cache = Cache(100, _ => loads.Dequeue().Task, TimeSpan.FromSeconds(1));
        var (slow, quick) = (loads.Peek(), loads.Last());

        var early = cache.FindAsync("a");
        _clock.Advance(TimeSpan.FromSeconds(2));
        var late = cache.FindAsync("a");
        quick.SetResult(new Snapshot(2));
        slow.SetResult(new Snapshot(1));

        Assert.Equal(1, (await early)!.Version);
        Assert.Equal(2, (await late)!.Version);
        Assert.True(cache.TryGet("a", out var kept));
        Assert.Equal(2, kept.Version);
    }

    [Fact]
    public async Task What_the_store_does_not_have_is_asked_for_again()
    {
        var cache = Cache(100);

        Assert.Null(await cache.FindAsync("a"));
        _store["a"] = new Snapshot(1);

        Assert.NotNull(await cache.FindAsync("a"));
        Assert.Equal(2, _loads);
    }

    [Fact]
    public async Task All_who_ask_during_a_load_wait_for_that_one()
    {
        var loading = new TaskCompletionSource<Snapshot?>();
        var cache = Cache(100, _ => loading.Task);

        var asked = Enumerable.Range(0, 10).Select(_ => cache.FindAsync("a")).ToArray();
        loading.SetResult(new Snapshot(1));

        Assert.Single((await Task.WhenAll(asked)).Distinct());
        Assert.Equal(1, _loads);
    }

    [Fact]
    public async Task A_load_that_a_change_has_overtaken_is_not_kept()
    {
        var loading = new TaskCompletionSource<Snapshot?>();
        var cache = Cache(100, _ => loading.Task);

        var asked = cache.FindAsync("a");
        cache.Put("a", new Snapshot(2));
        loading.SetResult(new Snapshot(1));
        await asked;

        Assert.True(cache.TryGet("a", out var kept));
        Assert.Equal(2, kept.Version);
        Assert.Equal(1, cache.Weight);
    }

    [Fact]
    public async Task Who_asks_after_a_change_does_not_wait_for_a_load_that_began_before_it()
    {
        var loads = new Queue<TaskCompletionSource<Snapshot?>>([new(), new()]);
        var (first, second) = (loads.First(), loads.Last());
        var cache = Cache(100, _ => loads.Dequeue().Task);

        var before = cache.FindAsync("a");
        cache.Forget("a");
        var after = cache.FindAsync("a");
        second.SetResult(new Snapshot(2));
        first.SetResult(new Snapshot(1));

        Assert.Equal(1, (await before)!.Version);
        Assert.Equal(2, (await after)!.Version);
        Assert.True(cache.TryGet("a", out var kept));
        Assert.Equal(2, kept.Version);
    }

    [Fact]
    public async Task A_load_that_fails_fails_for_those_who_wait_and_is_tried_again()
    {
        var loading = new TaskCompletionSource<Snapshot?>();
        var next = loading.Task;
        var cache = Cache(100, _ => next);

        var (one, other) = (cache.FindAsync("a"), cache.FindAsync("a"));
        loading.SetException(new IOException());
        next = Task.FromResult<Snapshot?>(new Snapshot(1));

        await Assert.ThrowsAsync<IOException>(() => one);
        await Assert.ThrowsAsync<IOException>(() => other);
        Assert.NotNull(await cache.FindAsync("a"));
    }

    [Fact]
    public void When_full_what_was_not_used_makes_room()
    {
        var cache = Cache(3);
        foreach (var key in new[] { "a", "b", "c" })
            cache.Put(key, new Snapshot(1));

        Assert.True(cache.TryGet("a", out _));
        cache.Put("d", new Snapshot(1));

        Assert.False(cache.TryGet("b", out _));
        Assert.True(cache.TryGet("a", out _));
        Assert.Equal(3, cache.Weight);
    }

    [Fact]
    public void What_is_heavier_than_all_room_is_not_kept_and_drives_nothing_out()
    {
        var cache = Cache(3);
        cache.Put("a", new Snapshot(1));

        cache.Put("b", new Snapshot(1, Weight: 4));

        Assert.False(cache.TryGet("b", out _));
        Assert.True(cache.TryGet("a", out _));
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(2)]
    public async Task Nobody_is_told_what_was_before_a_change_that_was_answered(int room)
    {
        string[] keys = ["a", "b", "c", "d"];
        var answered = new ConcurrentDictionary<string, int>(keys.Select(key => KeyValuePair.Create(key, 0)));
        foreach (var key in keys)
            _store[key] = new Snapshot(0);
        // The yields open the window between reading the store and keeping what was read.
        var cache = Cache(room, async key =>
        {
            var read = _store[key];
            await Task.Yield();
            return read;
        });

        var changers = keys.Select(key => Task.Run(async () =>
        {
            for (var version = 1; version <= 5000; version++)
            {
                _store[key] = new Snapshot(version);
                if (version % 3 == 0)
                    cache.Forget(key);
                else
                    cache.Put(key, _store[key]);
                answered[key] = version;
                await Task.Yield();
            }
        })).ToArray();
        var askers = keys.SelectMany(key => new[] { key, key }).Select(key => Task.Run(async () =>
        {
            for (var time = 0; time < 10_000; time++)
            {
                var atLeast = answered[key];
                var told = cache.TryGet(key, out var kept) ? kept : await cache.FindAsync(key);
                Assert.True(told!.Version >= atLeast, $"{told.Version} was told after {atLeast} was answered.");
            }
        })).ToArray();
        await Task.WhenAll([.. changers, .. askers]);

        Assert.InRange(cache.Weight, 0, room);
        foreach (var key in keys)
            Assert.Equal(5000, (await cache.FindAsync(key))!.Version);
    }

    private SnapshotCache<string, Snapshot> Cache(long room, Func<string, Task<Snapshot?>>? load = null, TimeSpan? maxAge = null) => new(
        room,
        (key, old) =>
        {
            _old = old;
            Interlocked.Increment(ref _loads);
            return load is null ? Task.FromResult(_store.GetValueOrDefault(key)) : load(key);
        },
        snapshot => snapshot.Weight, new Uncounted(), maxAge ?? Timeout.InfiniteTimeSpan, _clock);

    private sealed record Snapshot(int Version, int Weight = 1);

    private sealed class Uncounted : ICacheMetrics
    {
        public void Loaded() { }

        public void Evicted() { }

        public void Weighs(long more) { }
    }
}
