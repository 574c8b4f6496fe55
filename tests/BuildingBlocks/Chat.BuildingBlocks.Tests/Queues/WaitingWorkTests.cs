using Chat.BuildingBlocks.Queues;
using Microsoft.Extensions.Time.Testing;

namespace Chat.BuildingBlocks.Tests.Queues;

public sealed class WaitingWorkTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void No_more_than_so_many_are_taken_and_room_comes_back()
    {
        var waiting = new WaitingWork(2, 1_000, _clock);
        using var first = waiting.TryEnter(1);
        var second = waiting.TryEnter(1);

        Assert.Null(waiting.TryEnter(1));

        second!.Dispose();
        using var third = waiting.TryEnter(1);
        Assert.NotNull(third);
        Assert.Equal((2, 2L), (waiting.Count, waiting.Bytes));
    }

    [Fact]
    public void No_more_than_so_many_bytes_are_taken_and_one_that_is_larger_alone()
    {
        var waiting = new WaitingWork(10, 1_000, _clock);
        using (waiting.TryEnter(600))
        {
            Assert.Null(waiting.TryEnter(401));
            using var fits = waiting.TryEnter(400);
            Assert.NotNull(fits);
        }

        using var large = waiting.TryEnter(5_000);

        Assert.NotNull(large);
        Assert.Null(waiting.TryEnter(1));
    }

    [Fact]
    public void The_oldest_wait_is_that_of_the_first_that_still_waits()
    {
        var waiting = new WaitingWork(10, 1_000, _clock);
        var first = waiting.TryEnter(1);
        _clock.Advance(TimeSpan.FromSeconds(3));
        var second = waiting.TryEnter(1);
        _clock.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(TimeSpan.FromSeconds(5), waiting.OldestWait);
        first!.Dispose();
        Assert.Equal(TimeSpan.FromSeconds(2), waiting.OldestWait);
        second!.Dispose();
        Assert.Equal(TimeSpan.Zero, waiting.OldestWait);
        Assert.Equal((0, 0L), (waiting.Count, waiting.Bytes));
    }
}
