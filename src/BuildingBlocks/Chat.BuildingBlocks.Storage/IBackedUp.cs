namespace Chat.BuildingBlocks.Storage;

/// <summary>An embedded store that can be copied while the server runs.</summary>
public interface IBackedUp
{
    /// <summary>Writes a consistent copy, under a name of the store's own, into an existing empty folder.</summary>
    void BackUpTo(string folder);
}
