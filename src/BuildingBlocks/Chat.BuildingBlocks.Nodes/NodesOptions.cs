using System.ComponentModel.DataAnnotations;

namespace Chat.BuildingBlocks.Nodes;

/// <summary>Section <c>Nodes</c>: how servers that Redis connects know one another. The same for all of them.</summary>
public sealed class NodesOptions
{
    /// <summary>
    /// How long a server that is heard of no more counts as live, in milliseconds. Renewed at each third; three times <c>Redis:CommandTimeoutMs</c> or
    /// more. 1 000 to 60 000; default 6 000.
    /// </summary>
    [Range(1_000, 60_000)] public int LeaseMs { get; init; } = 6_000;

    /// <summary>Messages that may wait for each other server, and as many that may wait from it; more are lost, and it is told so. 64 to 1 048 576; default 16 384.</summary>
    [Range(64, 1_048_576)] public int MaxWaitingMessages { get; init; } = 16_384;

    /// <summary>The same in bytes. A message that is larger is sent where it waits alone. 65 536 to 1 073 741 824; default 16 777 216.</summary>
    [Range(65_536, 1_073_741_824)] public long MaxWaitingBytes { get; init; } = 16_777_216;

    /// <summary>Bytes after which no further message is added to what goes to a server at once. 1 024 to 4 194 304; default 262 144.</summary>
    [Range(1_024, 4_194_304)] public int MaxBatchBytes { get; init; } = 262_144;
}
