using System.Globalization;

namespace Chat.EndToEnd.Tests.Running;

/// <summary>Settings of the server (docs/configuration.md) that tests change, as environment variables.</summary>
internal static class Settings
{
    /// <summary>So low that a flood is one on a slow machine, too.</summary>
    public static IReadOnlyDictionary<string, string> WithRateLimits { get; } =
        new Dictionary<string, string> { ["RateLimits__Enabled"] = "true", ["RateLimits__SendsPerSecond"] = "5" };

    /// <summary>How long a server of <see cref="OfSeveralServers"/> counts as live, in milliseconds.</summary>
    public const int LeaseMs = 3_000;

    /// <summary>Servers of one database that a Redis connects, with a short lease.</summary>
    public static IReadOnlyDictionary<string, string> OfSeveralServers(IReadOnlyDictionary<string, string> database, string redis) =>
        new Dictionary<string, string>(database)
        {
            ["Redis__ConnectionString"] = redis,
            ["Redis__CommandTimeoutMs"] = "1000",
            ["Nodes__LeaseMs"] = LeaseMs.ToString(CultureInfo.InvariantCulture),
            // As often as can be: what a message has must be there all the same.
            ["Media__OrphanAfterSeconds"] = "60",
            ["Jobs__CollectMediaMinutes"] = "1",
        };

    public static IReadOnlyDictionary<string, string> HintsAbove(int members) =>
        new Dictionary<string, string> { ["Delivery__PushThreshold"] = members.ToString(CultureInfo.InvariantCulture) };

    /// <summary>A server that leaves slowly: it spreads its goodbyes.</summary>
    public static IReadOnlyDictionary<string, string> ClosingPerSecond(int connections) =>
        new Dictionary<string, string> { ["Delivery__LeaveClosesPerSecond"] = connections.ToString(CultureInfo.InvariantCulture) };
}
