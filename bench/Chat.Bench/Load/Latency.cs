using System.Diagnostics;
using HdrHistogram;

namespace Chat.Bench.Load;

/// <summary>Collects latencies from any thread, each into its own histogram: microseconds up to a minute, three digits.</summary>
internal sealed class Latency : IDisposable
{
    private const long MaxMicroseconds = 60_000_000;
    private readonly ThreadLocal<LongHistogram> histograms = new(NewHistogram, trackAllValues: true);

    public void Record(long from, long to)
    {
        var microseconds = (to - from) * 1_000_000 / Stopwatch.Frequency;
        histograms.Value!.RecordValue(Math.Clamp(microseconds, 1, MaxMicroseconds));
    }

    /// <summary>Call it when recording has ended.</summary>
    public LatencySummary? Summarise() => Summarise(this);

    /// <summary>All of them together.</summary>
    public static LatencySummary? Summarise(params ReadOnlySpan<Latency> latencies)
    {
        var all = NewHistogram();
        foreach (var latency in latencies)
        {
            foreach (var histogram in latency.histograms.Values)
                all.Add(histogram);
        }

        return all.TotalCount == 0 ? null : new LatencySummary(all.TotalCount,
            At(50), At(90), At(99), At(99.9), all.GetMaxValue() / 1000.0);

        double At(double percentile) => all.GetValueAtPercentile(percentile) / 1000.0;
    }

    public void Dispose() => histograms.Dispose();

    private static LongHistogram NewHistogram() => new(MaxMicroseconds, numberOfSignificantValueDigits: 3);
}

/// <summary>Percentiles in milliseconds.</summary>
internal sealed record LatencySummary(long Count, double P50, double P90, double P99, double P999, double Max);
