namespace Chat.BuildingBlocks.Storage;

/// <summary>An embedded store that can be copied while the server runs.</summary>
public interface IBackedUp
{
    /// <summary>Writes a consistent copy into an existing empty folder, under a name that only this store uses.</summary>
    void BackUpTo(string folder);
}
