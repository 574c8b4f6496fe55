using System.ComponentModel.DataAnnotations;

namespace Chat.Host.Operations;

/// <summary>Section <c>Operations</c>: ports and shutdown.</summary>
internal sealed class OperationsOptions
{
    /// <summary>
    /// A separate port for <c>/health</c>, <c>/metrics</c> and <c>/ops</c>, which then answer only there. 0, the default: they answer on all ports.
    /// </summary>
    [Range(0, 65_535)] public int Port { get; init; }

    /// <summary>How long a stop may take before what still runs is cut off, in milliseconds. 1 000 to 600 000; default 10 000.</summary>
    [Range(1_000, 600_000)] public int ShutdownTimeoutMs { get; init; } = 10_000;

    public TimeSpan ShutdownTimeout => TimeSpan.FromMilliseconds(ShutdownTimeoutMs);
}

/// <summary>Section <c>Backup</c>: daily copies of the stores.</summary>
internal sealed class BackupOptions
{
    /// <summary>The folder of the copies; each copy is a folder in it. Default none: no backups.</summary>
    public string? Directory { get; init; }

    /// <summary>How many copies are kept. 1 to 365; default 7.</summary>
    [Range(1, 365)] public int Keep { get; init; } = 7;
}
