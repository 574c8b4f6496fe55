namespace Chat.BuildingBlocks.Storage;

/// <summary>A store that the readiness check asks.</summary>
public interface IStoreHealth
{
    /// <summary>Returns if the store can be read and, after a failed write, written again. Throws if not.</summary>
    Task ProbeAsync(CancellationToken ct);
}
