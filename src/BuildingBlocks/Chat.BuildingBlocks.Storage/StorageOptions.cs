using System.ComponentModel.DataAnnotations;

namespace Chat.BuildingBlocks.Storage;

/// <summary>Section <c>Storage</c>: the embedded stores.</summary>
public sealed class StorageOptions
{
    /// <summary>The most that <see cref="MaxWaitingWrites"/> may be.</summary>
    public const int MostWaitingWrites = 1_000_000;

    /// <summary>A folder that only this server uses, created if missing. Default <c>data</c> below the working directory.</summary>
    [Required] public string DataDirectory { get; init; } = "data";

    /// <summary>
    /// How long a write to the embedded database may take before the client is told <c>unavailable</c>, in milliseconds. While the oldest write takes
    /// longer, the server is not ready. 100 to 600 000; default 10 000.
    /// </summary>
    [Range(100, 600_000)] public int WriteTimeoutMs { get; init; } = 10_000;

    /// <summary>Writes that may wait for the embedded database; more are <c>unavailable</c>. 1 to 1 000 000; default 4 096.</summary>
    [Range(1, MostWaitingWrites)] public int MaxWaitingWrites { get; init; } = 4_096;
}
