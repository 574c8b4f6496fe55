using System.Globalization;

namespace Chat.BuildingBlocks.Limits;

/// <summary>How many files and sockets the system lets this process have open.</summary>
public static class OpenFileLimit
{
    private const string Line = "Max open files";

    /// <summary>RLIMIT_NOFILE in force, which .NET raises to the hard limit as it starts; null where it is unlimited or not told.</summary>
    public static int? Current { get; } = File.Exists("/proc/self/limits") ? Parse(File.ReadLines("/proc/self/limits")) : null;

    /// <summary>Reads <c>/proc/self/limits</c> (proc(5)): a name, the soft limit, the hard one.</summary>
    public static int? Parse(IEnumerable<string> limits) =>
        limits.FirstOrDefault(line => line.StartsWith(Line, StringComparison.Ordinal)) is { } found
            && long.TryParse(found[Line.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], NumberStyles.None, CultureInfo.InvariantCulture, out var soft)
            && soft < int.MaxValue
            ? (int)soft
            : null;
}
