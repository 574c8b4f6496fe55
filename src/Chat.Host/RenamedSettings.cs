using System.Globalization;

namespace Chat.Host;

/// <summary>A setting that was found under its former name.</summary>
internal sealed record RenamedSetting(string OldName, string Name, string Value);

/// <summary>
/// Settings of earlier versions. Most were durations written as <c>00:00:15</c>, whose names end in their unit now. The former names are still read; where both
/// are set the new one counts.
/// </summary>
internal static class RenamedSettings
{
    private const string Milliseconds = "Ms";
    private const string Seconds = "Seconds";

    private static readonly IReadOnlyList<string> Durations =
    [
        "Auth:AccessTokenLifetimeSeconds", "Auth:RefreshTokenLifetimeSeconds", "Auth:MaxTokenLifetimeSeconds", "Auth:MaxGuessDelaySeconds",
        "Http:HeadTimeoutMs", "Http:CrowdedHeadTimeoutMs", "Operations:ShutdownTimeoutMs",
        "Transports:KeepAliveMs", "Transports:KeepAliveTimeoutMs", "Transports:WriteTimeoutMs", "Transports:CloseTimeoutMs",
    ];

    private static readonly IReadOnlyDictionary<string, string> Others = new Dictionary<string, string>
    {
        ["Delivery:DrainMs"] = "Delivery:LeaveMs",
        ["Delivery:DrainClosesPerSecond"] = "Delivery:LeaveClosesPerSecond",
    };

    /// <summary>The names of today.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Durations, .. Others.Values];

    /// <summary>Sets the new name of each setting that has only its former one. Call before any option is bound.</summary>
    /// <returns>Those that were found under their former names.</returns>
    public static IReadOnlyList<RenamedSetting> Apply(IConfiguration configuration)
    {
        var found = new List<RenamedSetting>();
        foreach (var name in Durations)
        {
            var unit = name.EndsWith(Milliseconds, StringComparison.Ordinal) ? Milliseconds : Seconds;
            Take(name[..^unit.Length], name, old => Convert(old, unit));
        }
        foreach (var (oldName, name) in Others)
            Take(oldName, name, old => old);
        return found;

        void Take(string oldName, string name, Func<string, string> convert)
        {
            if (configuration[oldName] is not { } old || configuration[name] is not null)
                return;
            configuration[name] = convert(old);
            found.Add(new RenamedSetting(oldName, name, configuration[name]!));
        }
    }

    // What is no duration stays as it is: the start fails, and says where.
    private static string Convert(string value, string unit) => TimeSpan.TryParse(value, CultureInfo.InvariantCulture, out var time)
        ? (unit == Milliseconds ? time.TotalMilliseconds : time.TotalSeconds).ToString("0", CultureInfo.InvariantCulture)
        : value;
}
