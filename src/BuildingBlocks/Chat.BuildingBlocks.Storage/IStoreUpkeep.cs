namespace Chat.BuildingBlocks.Storage;

/// <summary>A store that the server looks after once a day.</summary>
public interface IStoreUpkeep
{
    /// <summary>May take long. May be called at any time, and again after it failed.</summary>
    Task OptimiseAsync();
}
