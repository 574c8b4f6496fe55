using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Presence.LastSeen;
using Chat.Testing;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Presence.Tests.LastSeen;

public sealed class LastSeenTimesTests : IDisposable
{
    private static readonly UserId Alice = UserId.Parse("alice");
    private static readonly UserId Bob = UserId.Parse("bob");
    private static readonly DateTimeOffset Noon = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly TestMeters _meters = new();
    private readonly MemoryStore _store = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_time_is_seen_before_it_is_written()
    {
        var times = Times();
        times.Note(Alice, Noon);

        Assert.Equal(Noon, (await times.GetAsync([Alice, Bob], Ct))[Alice]);
        Assert.Empty(_store.Saved);
    }

    [Fact]
    public async Task A_time_is_seen_while_it_is_being_written()
    {
        var times = Times();
        times.Note(Alice, Noon);
        _store.Gate = new TaskCompletionSource();

        var flush = times.FlushAsync(Ct);

        Assert.False(flush.IsCompleted);
        Assert.Equal(Noon, (await times.GetAsync([Alice], Ct))[Alice]);
        _store.Gate.SetResult();
        await flush;
        Assert.Null(times.Unwritten(Alice));
        Assert.Equal(Noon, (await times.GetAsync([Alice], Ct))[Alice]);
    }

    [Fact]
    public async Task A_storm_of_disconnects_is_written_in_few_batches()
    {
        var times = Times();
        for (var n = 0; n < 1_200; n++)
            times.Note(UserId.Parse($"user{n}"), Noon);

        await times.FlushAsync(Ct);

        Assert.Equal([500, 500, 200], _store.Batches);
    }

    [Fact]
    public async Task A_user_who_leaves_again_and_again_is_written_once_with_the_last_time()
    {
        var times = Times();
        for (var n = 0; n <= 100; n++)
            times.Note(Alice, Noon.AddMilliseconds(n));

        await times.FlushAsync(Ct);

        Assert.Equal([1], _store.Batches);
        Assert.Equal(Noon.AddMilliseconds(100), _store.Saved[Alice]);
    }

    [Fact]
    public async Task What_could_not_be_written_is_written_by_the_next_flush_together_with_what_came_since()
    {
        var times = Times();
        times.Note(Alice, Noon);
        _store.Down = true;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => times.FlushAsync(Ct));
        times.Note(Bob, Noon);
        _store.Down = false;

        await times.FlushAsync(Ct);

        Assert.Equal([Alice, Bob], _store.Saved.Keys.Order(Comparer<UserId>.Create((a, b) => string.CompareOrdinal(a.Value, b.Value))));
    }

    [Fact]
    public async Task When_full_another_user_keeps_the_stored_time_and_those_who_wait_get_theirs()
    {
        var times = Times(max: 1);
        times.Note(Alice, Noon);

        times.Note(Bob, Noon);
        times.Note(Alice, Noon.AddSeconds(1));

        await times.FlushAsync(Ct);
        Assert.Equal(Noon.AddSeconds(1), Assert.Single(_store.Saved).Value);
    }

    public void Dispose() => _meters.Dispose();

    private LastSeenTimes Times(int max = 10_000) =>
        new(_store, Options.Create(new PresenceOptions { MaxWaitingLastSeen = max }), new PresenceMetrics(_meters));

    private sealed class MemoryStore : ILastSeenStore
    {
        public Dictionary<UserId, DateTimeOffset> Saved { get; } = [];

        public List<int> Batches { get; } = [];

        public TaskCompletionSource? Gate { get; set; }

        public bool Down { get; set; }

        public async Task SaveAsync(IReadOnlyCollection<KeyValuePair<UserId, DateTimeOffset>> times, CancellationToken ct)
        {
            if (Down)
                throw new StoreUnavailableException("The test says so.");
            if (Gate is not null)
                await Gate.Task;
            Batches.Add(times.Count);
            foreach (var (user, at) in times)
                Saved[user] = at;
        }

        public Task<IReadOnlyDictionary<UserId, DateTimeOffset>> GetAsync(IReadOnlyCollection<UserId> users, CancellationToken ct) =>
            Task.FromResult<IReadOnlyDictionary<UserId, DateTimeOffset>>(Saved.Where(saved => users.Contains(saved.Key)).ToDictionary());
    }
}
