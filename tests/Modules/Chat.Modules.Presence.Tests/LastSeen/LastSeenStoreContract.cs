using Chat.BuildingBlocks.Ids;
using Chat.Modules.Presence.LastSeen;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Modules.Presence.Tests.LastSeen;

/// <summary>What every adapter of <see cref="ILastSeenStore"/> keeps.</summary>
public abstract class LastSeenStoreContract
{
    private protected static readonly UserId Alice = UserId.Parse("alice");
    private protected static readonly UserId Bob = UserId.Parse("bob");
    private protected static readonly DateTimeOffset Noon = new(2030, 1, 1, 12, 0, 0, 123, TimeSpan.Zero);

    private protected FakeTimeProvider Clock { get; } = new(Noon.AddMinutes(1));

    private protected abstract ILastSeenStore Store { get; }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_saved_time_is_got_to_the_millisecond()
    {
        await Store.SaveAsync([new(Alice, Noon.AddTicks(9))], Ct);

        Assert.Equal(Noon, (await Store.GetAsync([Alice], Ct))[Alice]);
    }

    [Fact]
    public async Task Who_has_no_time_is_not_in_the_answer()
    {
        await Store.SaveAsync([new(Alice, Noon)], Ct);

        Assert.Equal([Alice], (await Store.GetAsync([Alice, Bob], Ct)).Keys);
        Assert.Empty(await Store.GetAsync([], Ct));
    }

    [Fact]
    public async Task A_later_time_replaces_and_an_earlier_one_changes_nothing()
    {
        await Store.SaveAsync([new(Alice, Noon), new(Bob, Noon)], Ct);

        await Store.SaveAsync([new(Alice, Noon.AddSeconds(1)), new(Bob, Noon.AddSeconds(-1))], Ct);

        var times = await Store.GetAsync([Alice, Bob], Ct);
        Assert.Equal(Noon.AddSeconds(1), times[Alice]);
        Assert.Equal(Noon, times[Bob]);
    }

    [Fact]
    public async Task A_time_of_when_the_clock_was_ahead_is_told_nobody_and_replaced_by_the_next()
    {
        await Store.SaveAsync([new(Alice, Noon.AddDays(30)), new(Bob, Noon.AddDays(30))], Ct);
        Assert.Empty(await Store.GetAsync([Alice, Bob], Ct));

        await Store.SaveAsync([new(Alice, Noon)], Ct);
        Assert.Equal(Noon, (await Store.GetAsync([Alice, Bob], Ct))[Alice]);

        await Store.SaveAsync([new(Alice, Noon.AddSeconds(1))], Ct);
        await Store.SaveAsync([new(Alice, Noon.AddSeconds(-1))], Ct);
        Assert.Equal([new(Alice, Noon.AddSeconds(1))], await Store.GetAsync([Alice, Bob], Ct));
    }

    [Fact]
    public async Task Users_differ_by_case()
    {
        await Store.SaveAsync([new(Alice, Noon)], Ct);

        Assert.Empty(await Store.GetAsync([UserId.Parse("Alice")], Ct));
    }

    [Fact]
    public async Task Many_are_saved_and_got_at_once()
    {
        var times = Enumerable.Range(0, 1_000).ToDictionary(n => UserId.Parse($"user{n}"), n => Noon.AddMilliseconds(n));

        await Store.SaveAsync(times, Ct);

        Assert.Equivalent(times, await Store.GetAsync(times.Keys, Ct));
    }
}
