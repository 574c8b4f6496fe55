using Chat.BuildingBlocks.Nodes.Tests.Running;
using Chat.Testing;

namespace Chat.BuildingBlocks.Nodes.Tests.Bus;

/// <summary>Messages between nodes that are well.</summary>
public sealed class BusTests : IAsyncLifetime
{
    private static readonly (string, string) LongLease = TestNode.Lease(60_000);

    private RedisServer _redis = null!;
    private TestNode _a = null!;
    private TestNode _b = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(RedisServer.IsMissing, RedisServer.Missing);
        _redis = await RedisServer.StartAsync();
        _a = await TestNode.StartAsync(_redis, LongLease);
        _b = await TestNode.StartAsync(_redis, LongLease);
        await TestNode.MeetAsync(_a, _b);
    }

    [Fact]
    public async Task Messages_come_whole_and_in_order_in_both_directions()
    {
        string[] texts = [.. Enumerable.Range(0, 2_000).Select(i => $"{i} {new string('x', i % 300)}")];

        foreach (var text in texts)
        {
            _a.Send(_b, text);
            _b.Send(_a, text);
        }

        await Wait.UntilAsync(() => _a.Received.Count >= texts.Length && _b.Received.Count >= texts.Length, "all have come");
        Assert.Equal(texts, _a.Received);
        Assert.Equal(texts, _b.Received);
    }

    [Fact]
    public async Task What_gathers_goes_to_Redis_as_one()
    {
        for (var i = 0; i < 5_000; i++)
            _a.Send(_b, $"{i}");

        await Wait.UntilAsync(() => _b.Received.Count == 5_000, "all have come");
        var stats = (await _redis.CommandAsync("info", "commandstats")).Split('\n').Single(line => line.StartsWith("cmdstat_publish:", StringComparison.Ordinal));
        Assert.InRange(int.Parse(stats["cmdstat_publish:calls=".Length..stats.IndexOf(',', StringComparison.Ordinal)], System.Globalization.CultureInfo.InvariantCulture), 1, 2_500);
    }

    [Fact]
    public async Task A_broadcast_comes_once_to_each_other_node()
    {
        await using var c = await TestNode.StartAsync(_redis, LongLease);
        await TestNode.MeetAsync(_a, _b, c);

        _a.Broadcast("one");
        c.Broadcast("two");

        Assert.True(await _a.Bus.AcknowledgedAsync(TimeSpan.FromMinutes(1), Ct));
        Assert.True(await c.Bus.AcknowledgedAsync(TimeSpan.FromMinutes(1), Ct));
        Assert.Equal(["two"], _a.Received);
        Assert.Equal(["one", "two"], _b.Received.Order(StringComparer.Ordinal));
        Assert.Equal(["one"], c.Received);
    }

    [Fact]
    public async Task A_node_hears_one_that_it_does_not_know_yet_after_it_was_told_of_it()
    {
        await using var c = await TestNode.StartAsync(_redis, LongLease);

        c.Broadcast("hello");

        await _a.ReceivesAsync("hello");
        Assert.Contains($"joined {c.Id}", _a.Told);
    }

    [Fact]
    public async Task Acknowledged_is_what_the_handlers_have_finished()
    {
        var gate = new TaskCompletionSource();
        _b.Gate = _ => gate.Task;
        _a.Broadcast("one");
        _a.Broadcast("two");

        var acknowledged = _a.Bus.AcknowledgedAsync(TimeSpan.FromMinutes(1), Ct);
        var early = await _a.Bus.AcknowledgedAsync(TimeSpan.FromMilliseconds(50), Ct);
        var isEarly = acknowledged.IsCompleted;
        gate.SetResult();

        Assert.True(await acknowledged);
        Assert.False(early);
        Assert.False(isEarly);
        Assert.Equal(["one", "two"], _b.Received);
    }

    [Fact]
    public async Task Nobody_waits_for_a_node_that_leaves()
    {
        await using var c = await TestNode.StartAsync(_redis, LongLease);
        await TestNode.MeetAsync(_a, _b, c);
        var gate = new TaskCompletionSource();
        c.Gate = _ => gate.Task;
        _a.Broadcast("one");
        var acknowledged = _a.Bus.AcknowledgedAsync(TimeSpan.FromMinutes(1), Ct);
        await _b.ReceivesAsync("one");
        var isEarly = acknowledged.IsCompleted;

        await c.Leases.EndAsync(c.Id);
        await _a.Membership.RenewedAsync(Ct);

        Assert.True(await acknowledged);
        Assert.False(isEarly);
        gate.SetResult();
    }

    [Fact]
    public async Task What_a_node_says_last_comes_before_it_has_left()
    {
        var gone = _b.Id;
        for (var i = 0; i < 500; i++)
            _b.Send(_a, $"{i}");

        await _b.StopAsync();

        await _a.HearsAsync($"left {gone}");
        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"{i}"), _a.Received);
    }

    [Fact]
    public async Task A_handler_that_fails_gets_the_next_message()
    {
        _b.Gate = text => text == "bad" ? throw new InvalidOperationException("This test says no.") : Task.CompletedTask;

        _a.Send(_b, "bad");
        _a.Send(_b, "good");

        await _b.ReceivesAsync("good");
        Assert.Equal(["good"], _b.Received);
    }

    [Fact]
    public async Task A_slow_handler_loses_what_there_is_no_room_for_and_is_told_so()
    {
        await using var c = await TestNode.StartAsync(_redis, LongLease, ("Nodes:MaxWaitingMessages", "64"));
        await TestNode.MeetAsync(_a, _b, c);
        var gate = new TaskCompletionSource();
        c.Gate = _ => gate.Task;
        var sent = 0;
        await Wait.UntilAsync(
            () =>
            {
                _a.Send(c, $"{sent++}");
                return c.Dropped > 0;
            }, "there is no room");

        gate.SetResult();
        await Wait.UntilAsync(
            async () =>
            {
                // The next that comes shows the gap.
                _a.Send(c, "later");
                await Task.Yield();
                return c.Received.Contains("later");
            }, "a later message comes");

        string[] numbers = [.. c.Received.Where(text => text is not ("later" or "missed"))];
        Assert.Contains("missed", c.Received);
        Assert.True(c.Received.ToList().IndexOf("missed") < c.Received.ToList().IndexOf("later"));
        Assert.InRange(numbers.Length, 1, sent - 1);
        Assert.Equal(numbers.OrderBy(int.Parse), numbers);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in new[] { _a, _b })
        {
            if (node is not null)
                await node.DisposeAsync();
        }
        if (_redis is not null)
            await _redis.DisposeAsync();
    }
}
