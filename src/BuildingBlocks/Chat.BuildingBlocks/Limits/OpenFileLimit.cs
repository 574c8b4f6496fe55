using System.Globalization;

namespace Chat.BuildingBlocks.Limits;

/// <summary>The limit on this process's open files and sockets.</summary>
public static class OpenFileLimit
{
    private const string Line = "Max open files";

    /// <summary>RLIMIT_NOFILE now; .NET raises it to the hard limit when it starts. Null if unlimited or unknown.</summary>
    public static int? Current { get; } = File.Exists("/proc/self/limits") ? Parse(File.ReadLines("/proc/self/limits")) : null;

    /// <summary>Reads <c>/proc/self/limits</c> (proc(5)): a name, the soft limit, the hard one.</summary>
    public static int? Parse(IEnumerable<string> limits) =>
        limits.FirstOrDefault(line => line.StartsWith(Line, StringComparison.Ordinal)) is { } found
            && long.TryParse(found[Line.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], NumberStyles.None, CultureInfo.InvariantCulture, out var soft)
            && soft < int.MaxValue
            ? (int)soft
            : null;
}
