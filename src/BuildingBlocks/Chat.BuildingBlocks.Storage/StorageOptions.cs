using System.ComponentModel.DataAnnotations;

namespace Chat.BuildingBlocks.Storage;

/// <summary>Section <c>Storage</c>: where the embedded stores lie.</summary>
public sealed class StorageOptions
{
    /// <summary>A folder of this server alone, made if missing. Default <c>data</c> below the working directory.</summary>
    [Required] public string DataDirectory { get; init; } = "data";
}
