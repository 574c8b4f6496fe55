using System.Globalization;

namespace Chat.EndToEnd.Tests.Running;

/// <summary>Settings of the server (docs/configuration.md) that tests change, as environment variables.</summary>
internal static class Settings
{
    /// <summary>So low that a flood is one on a slow machine, too.</summary>
    public static IReadOnlyDictionary<string, string> WithRateLimits { get; } =
        new Dictionary<string, string> { ["RateLimits__Enabled"] = "true", ["RateLimits__SendsPerSecond"] = "5" };

    public static IReadOnlyDictionary<string, string> HintsAbove(int members) =>
        new Dictionary<string, string> { ["Delivery__PushThreshold"] = members.ToString(CultureInfo.InvariantCulture) };

    /// <summary>A server that leaves slowly: it spreads its goodbyes.</summary>
    public static IReadOnlyDictionary<string, string> ClosingPerSecond(int connections) =>
        new Dictionary<string, string> { ["Delivery__DrainClosesPerSecond"] = connections.ToString(CultureInfo.InvariantCulture) };
}
