using System.Diagnostics;
using Chat.Bench.Load;

namespace Chat.Bench.Tests;

public sealed class ArrivalScheduleTests
{
    [Fact]
    public void Constant_arrivals_are_evenly_spaced_from_the_start()
    {
        var schedule = new ArrivalSchedule(1000, Arrivals.Constant, start: 7, new Random(1));

        long[] due = [schedule.Next(), schedule.Next(), schedule.Next()];

        var gap = Stopwatch.Frequency / 1000;
        Assert.Equal([7 + gap, 7 + 2 * gap, 7 + 3 * gap], due);
    }

    [Fact]
    public void A_burst_is_all_messages_of_a_second_at_its_beginning()
    {
        var schedule = new ArrivalSchedule(2, Arrivals.Burst, start: 7, new Random(1));

        long[] due = [schedule.Next(), schedule.Next(), schedule.Next()];

        Assert.Equal([7, 7, 7 + Stopwatch.Frequency], due);
    }

    [Fact]
    public void Poisson_arrivals_rise_and_keep_the_rate_with_gaps_that_spread_as_much_as_their_mean()
    {
        const int count = 200_000;
        var schedule = new ArrivalSchedule(1000, Arrivals.Poisson, start: 0, new Random(1));

        var due = Enumerable.Range(0, count).Select(_ => schedule.Next()).ToArray();

        var gaps = due.Zip(due.Skip(1), (a, b) => (double)(b - a) / Stopwatch.Frequency * 1000).ToArray();
        var mean = gaps.Average();
        var deviation = Math.Sqrt(gaps.Average(gap => (gap - mean) * (gap - mean)));
        Assert.All(gaps, gap => Assert.True(gap >= 0));
        Assert.InRange(mean, 0.99, 1.01);
        Assert.InRange(deviation, 0.98, 1.02);
    }
}
