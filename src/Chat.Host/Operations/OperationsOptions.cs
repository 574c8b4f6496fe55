using System.ComponentModel.DataAnnotations;

namespace Chat.Host.Operations;

/// <summary>Section <c>Operations</c>.</summary>
internal sealed class OperationsOptions
{
    /// <summary>
    /// A port of its own for <c>/health</c>, <c>/metrics</c> and <c>/ops</c>, which then answer there alone. 0 for none: they answer where
    /// everything does. Default 0.
    /// </summary>
    [Range(0, 65_535)] public int Port { get; init; }

    /// <summary>How long a stop may take before what still runs is cut off. 1 s to 10 minutes; default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")] public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>Section <c>Backup</c>: daily copies of the stores.</summary>
internal sealed class BackupOptions
{
    /// <summary>Where the copies go, each into a folder of its own. Default none: no backups.</summary>
    public string? Directory { get; init; }

    /// <summary>How many copies are kept. 1 to 365; default 7.</summary>
    [Range(1, 365)] public int Keep { get; init; } = 7;
}
