using Chat.BuildingBlocks.Nodes.Tests.Running;
using Chat.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Chat.BuildingBlocks.Nodes.Tests.Bus;

/// <summary>Messages between nodes while Redis, the link to it, or a node fails.</summary>
public sealed class BusFaultTests : IAsyncLifetime
{
    private static readonly (string, string) LongLease = TestNode.Lease(60_000);
    private static readonly (string, string) ShortLease = TestNode.Lease(1_000);
    private static readonly (string, string) ShortTimeout = ("Redis:CommandTimeoutMs", "300");

    private RedisServer _redis = null!;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(RedisServer.IsMissing, RedisServer.Missing);
        _redis = await RedisServer.StartAsync();
    }

    [Fact]
    public async Task Emptying_Redis_loses_no_message()
    {
        await using var a = await TestNode.StartAsync(_redis, LongLease);
        await using var b = await TestNode.StartAsync(_redis, LongLease);
        await TestNode.MeetAsync(a, b);

        for (var i = 0; i < 1_000; i++)
        {
            a.Send(b, $"{i}");
            if (i % 100 == 50)
                await _redis.CommandAsync("flushall");
        }

        await Wait.UntilAsync(() => b.Received.Count >= 1_000, "all have come");
        Assert.Equal(Enumerable.Range(0, 1_000).Select(i => $"{i}"), b.Received);
    }

    [Fact]
    public async Task What_is_sent_while_Redis_is_away_for_less_than_a_lease_comes_when_it_is_back()
    {
        await using var a = await TestNode.StartAsync(_redis, LongLease, ShortTimeout);
        await using var b = await TestNode.StartAsync(_redis, LongLease, ShortTimeout);
        await TestNode.MeetAsync(a, b);
        a.Send(b, "before");
        await b.ReceivesAsync("before");

        await _redis.KillAsync();
        a.Send(b, "meanwhile");
        await Wait.UntilAsync(() => !a.Redis.IsUp, "it is seen that Redis is away");
        a.Send(b, "and then");
        await _redis.StartAgainAsync();

        await b.ReceivesAsync("and then");
        Assert.Equal(["before", "meanwhile", "and then"], b.Received);
    }

    [Fact]
    public async Task What_Redis_took_and_did_not_answer_comes_once()
    {
        await using var a = await TestNode.StartAsync(_redis, LongLease, ShortTimeout);
        await using var b = await TestNode.StartAsync(_redis, LongLease, ShortTimeout);
        await TestNode.MeetAsync(a, b);

        await _redis.PauseAsync();
        a.Send(b, "one");
        await Wait.UntilAsync(() => !a.Redis.IsUp, "it is seen that Redis does not answer");
        a.Send(b, "two");
        await _redis.ContinueAsync();

        await b.ReceivesAsync("two");
        Assert.Equal(["one", "two"], b.Received);
    }

    [Fact]
    public async Task What_there_is_no_room_for_while_Redis_hangs_is_told_as_missed()
    {
        await using var a = await TestNode.StartAsync(_redis, LongLease, ShortTimeout, ("Nodes:MaxWaitingMessages", "64"));
        await using var b = await TestNode.StartAsync(_redis, LongLease, ShortTimeout);
        await TestNode.MeetAsync(a, b);

        await _redis.PauseAsync();
        for (var i = 0; i < 1_000; i++)
            a.Send(b, $"{i}");
        await _redis.ContinueAsync();
        await Wait.UntilAsync(
            () =>
            {
                a.Send(b, "later");
                return b.Received.Contains("later");
            }, "a later message comes");

        Assert.Contains("missed", b.Received);
        Assert.True(b.Received.ToList().IndexOf("missed") < b.Received.ToList().IndexOf("later"));
        string[] numbers = [.. b.Received.Where(text => text is not ("later" or "missed"))];
        Assert.InRange(numbers.Length, 64, 999);
        Assert.Equal(numbers.OrderBy(int.Parse), numbers);
    }

    [Fact]
    public async Task After_Redis_was_away_for_longer_than_a_lease_nodes_talk_again()
    {
        await using var a = await TestNode.StartAsync(_redis, ShortLease, ShortTimeout);
        await using var b = await TestNode.StartAsync(_redis, ShortLease, ShortTimeout);
        await TestNode.MeetAsync(a, b);

        await _redis.KillAsync();
        a.Send(b, "lost");
        await a.HearsAsync($"lost {LeaseLoss.RedisUnreachable}");
        await b.HearsAsync($"lost {LeaseLoss.RedisUnreachable}");
        a.Broadcast("to nobody");
        await _redis.StartAgainAsync();
        await TestNode.MeetAsync(a, b);

        // Either may have to begin again once more, on a slow machine.
        await Wait.UntilAsync(
            () =>
            {
                a.Broadcast("again");
                return b.Received.Contains("again");
            }, "they talk");
        Assert.DoesNotContain("lost", b.Received);
        Assert.DoesNotContain("to nobody", b.Received);
    }

    [Fact]
    public async Task A_process_that_stood_still_says_and_takes_in_nothing_that_is_old()
    {
        var clock = new FakeTimeProvider();
        await using var a = await TestNode.StartAsync(_redis, LongLease);
        await using var b = await TestNode.StartAsync(_redis, clock);
        await Wait.UntilAsync(
            async () =>
            {
                await b.Membership.RenewedAsync(TestContext.Current.CancellationToken);
                return a.Nodes.Live.Contains(b.Id) && b.Nodes.Live.Contains(a.Id);
            }, "both know one another");
        var gate = new TaskCompletionSource();
        var reached = new TaskCompletionSource();
        b.Gate = text =>
        {
            reached.TrySetResult();
            return text == "one" ? gate.Task : Task.CompletedTask;
        };
        a.Send(b, "one");
        a.Send(b, "two");
        await reached.Task;

        clock.Advance(TimeSpan.FromMilliseconds(6_000));
        b.Send(a, "stale");
        b.Broadcast("stale");
        gate.SetResult();

        await b.HearsAsync($"lost {LeaseLoss.StoodStill}");
        await Wait.UntilAsync(() => b.Nodes.HoldsLease && a.Nodes.Live.Contains(b.Id), "it has begun again");
        a.Send(b, "three");
        b.Send(a, "fresh");
        await b.ReceivesAsync("three");
        await a.ReceivesAsync("fresh");
        Assert.Equal(["one", "three"], b.Received);
        Assert.Equal(["fresh"], a.Received);
    }

    [Fact]
    public async Task A_node_whose_link_to_Redis_is_cut_has_left_for_the_others_and_comes_back_as_another()
    {
        Assert.SkipWhen(Toxiproxy.IsMissing, Toxiproxy.Missing);
        await using var link = await Toxiproxy.StartAsync(_redis.Address);
        await using var a = await TestNode.StartAsync(_redis, ShortLease, ShortTimeout);
        await using var b = await TestNode.StartAsync(link.Address, TimeProvider.System, ShortLease, ShortTimeout);
        await TestNode.MeetAsync(a, b);
        var before = b.Id;

        await link.CutAsync();
        await a.HearsAsync($"left {before}");
        await b.HearsAsync($"lost {LeaseLoss.RedisUnreachable}");
        await link.MendAsync();

        await TestNode.MeetAsync(a, b);
        await Wait.UntilAsync(
            () =>
            {
                a.Broadcast("again");
                return b.Received.Contains("again");
            }, "they talk");
        Assert.NotEqual(before, b.Id);
    }

    [Fact]
    public async Task Over_a_slow_link_all_comes_in_order()
    {
        Assert.SkipWhen(Toxiproxy.IsMissing, Toxiproxy.Missing);
        await using var link = await Toxiproxy.StartAsync(_redis.Address);
        await using var a = await TestNode.StartAsync(_redis, LongLease);
        await using var b = await TestNode.StartAsync(link.Address, TimeProvider.System, LongLease, ("Redis:CommandTimeoutMs", "5000"));
        await TestNode.MeetAsync(a, b);
        await link.SlowAsync(200);

        for (var i = 0; i < 500; i++)
        {
            a.Send(b, $"{i}");
            b.Send(a, $"{i}");
        }

        await Wait.UntilAsync(() => a.Received.Count >= 500 && b.Received.Count >= 500, "all have come");
        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"{i}"), a.Received);
        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"{i}"), b.Received);
    }

    [Fact]
    public async Task Over_a_link_that_tears_in_mid_frame_no_message_is_lost_in_silence()
    {
        Assert.SkipWhen(Toxiproxy.IsMissing, Toxiproxy.Missing);
        await using var link = await Toxiproxy.StartAsync(_redis.Address);
        await using var a = await TestNode.StartAsync(_redis, LongLease, ShortTimeout);
        await using var b = await TestNode.StartAsync(link.Address, TimeProvider.System, LongLease, ShortTimeout);
        await TestNode.MeetAsync(a, b);
        await link.TearAfterAsync(20_000);
        var sent = 0;

        // Until some were torn; the connection is made anew each time.
        await Wait.UntilAsync(
            async () =>
            {
                for (var i = 0; i < 50; i++)
                    a.Send(b, $"{sent++} {new string('x', 1_000)}");
                await Task.Yield();
                return b.Received.Contains("missed");
            }, "some were lost");
        await link.HealAsync();
        await Wait.UntilAsync(
            () =>
            {
                a.Send(b, $"{sent++} last");
                return b.Received.Any(text => text.EndsWith("last", StringComparison.Ordinal));
            }, "they talk again");

        var expected = 0;
        foreach (var text in b.Received)
        {
            if (text == "missed")
            {
                expected = -1;
                continue;
            }
            var number = int.Parse(text.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
            Assert.True(expected < 0 || number == expected, $"{number} came where {expected} was next, and nothing was told");
            expected = number + 1;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_redis is not null)
            await _redis.DisposeAsync();
    }
}
