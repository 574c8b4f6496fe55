using System.Diagnostics;

namespace Chat.Bench.Load;

/// <summary>
/// When messages are due in an open loop: evenly spaced, as a Poisson process, or all of a second at its beginning. The times follow from the rate alone, never from
/// what the server or the generator managed, so a stall is seen by every message that was due in it.
/// </summary>
internal sealed class ArrivalSchedule(int perSecond, Arrivals arrivals, long start, Random random)
{
    private readonly double meanGap = (double)Stopwatch.Frequency / perSecond;
    private double next = start;
    private int given;

    /// <summary>The next timestamp; never below the one before.</summary>
    public long Next()
    {
        if (arrivals == Arrivals.Burst)
            return start + given++ / perSecond * Stopwatch.Frequency;
        next += arrivals == Arrivals.Constant ? meanGap : -Math.Log(1 - random.NextDouble()) * meanGap;
        return (long)next;
    }
}
