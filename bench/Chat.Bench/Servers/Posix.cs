using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Chat.Bench.Servers;

/// <summary>The calls of Linux (64 bits) that .NET lacks: sleeping to a point in time finer than a millisecond, SIGTERM, and how many files may be open.</summary>
internal static partial class Posix
{
    private const int ClockMonotonic = 1, AbsoluteTime = 1, Terminate = 15, OpenFiles = 7;

    /// <summary>Sleeps until a timestamp of <see cref="Stopwatch"/>, which on Linux reads the same monotonic clock; a signal may wake it early.</summary>
    public static void SleepUntil(long timestamp)
    {
        var (seconds, rest) = Math.DivRem(timestamp, Stopwatch.Frequency);
        _ = ClockNanosleep(ClockMonotonic, AbsoluteTime, new Timespec(seconds, rest * (1_000_000_000 / Stopwatch.Frequency)), 0);
    }

    public static void SendTerm(int processId) => _ = Kill(processId, Terminate);

    /// <summary>Sockets count as files.</summary>
    public static ulong MaxOpenFiles() => GetLimit(OpenFiles, out var limit) == 0 ? limit.Soft : ulong.MaxValue;

    [LibraryImport("libc", EntryPoint = "clock_nanosleep")]
    private static partial int ClockNanosleep(int clock, int flags, in Timespec until, nint remaining);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int processId, int signal);

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, out Limit limit);

    private readonly record struct Limit(ulong Soft, ulong Hard);

    private readonly record struct Timespec(long Seconds, long Nanoseconds);
}
