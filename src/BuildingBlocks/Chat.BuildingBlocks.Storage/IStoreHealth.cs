namespace Chat.BuildingBlocks.Storage;

/// <summary>A store that readiness asks.</summary>
public interface IStoreHealth
{
    /// <summary>Returns when the store answers a reader and, after a write that failed, takes one again; throws what it met when it does not.</summary>
    Task ProbeAsync(CancellationToken ct);
}
