namespace Chat.BuildingBlocks.Storage;

/// <summary>A store that readiness asks.</summary>
public interface IStoreHealth
{
    /// <summary>Returns when the store answers a reader; throws what it met when it does not.</summary>
    Task ProbeAsync(CancellationToken ct);
}
