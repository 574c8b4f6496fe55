using System.Globalization;

namespace Chat.Host;

/// <summary>A setting that was found under its former name.</summary>
internal sealed record RenamedSetting(string OldName, string Name, string Value);

/// <summary>
/// Durations that earlier versions took as <c>00:00:15</c>. The name of each ends in its unit now. The former names are still read; where both are set
/// the new one counts.
/// </summary>
internal static class RenamedSettings
{
    private const string Milliseconds = "Ms";
    private const string Seconds = "Seconds";

    /// <summary>The names of today; a former name is the same without its unit.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "Auth:AccessTokenLifetimeSeconds", "Auth:RefreshTokenLifetimeSeconds", "Auth:MaxTokenLifetimeSeconds", "Auth:MaxGuessDelaySeconds",
        "Http:HeadTimeoutMs", "Http:CrowdedHeadTimeoutMs", "Operations:ShutdownTimeoutMs",
        "Transports:KeepAliveMs", "Transports:KeepAliveTimeoutMs", "Transports:WriteTimeoutMs", "Transports:CloseTimeoutMs",
    ];

    /// <summary>Sets the new name of each setting that has only its former one. Call before any option is bound.</summary>
    /// <returns>Those that were found under their former names.</returns>
    public static IReadOnlyList<RenamedSetting> Apply(IConfiguration configuration)
    {
        var found = new List<RenamedSetting>();
        foreach (var name in Names)
        {
            var unit = name.EndsWith(Milliseconds, StringComparison.Ordinal) ? Milliseconds : Seconds;
            var oldName = name[..^unit.Length];
            if (configuration[oldName] is not { } old || configuration[name] is not null)
                continue;
            configuration[name] = Convert(old, unit);
            found.Add(new RenamedSetting(oldName, name, configuration[name]!));
        }
        return found;
    }

    // What is no duration stays as it is: the start fails, and says where.
    private static string Convert(string value, string unit) => TimeSpan.TryParse(value, CultureInfo.InvariantCulture, out var time)
        ? (unit == Milliseconds ? time.TotalMilliseconds : time.TotalSeconds).ToString("0", CultureInfo.InvariantCulture)
        : value;
}
