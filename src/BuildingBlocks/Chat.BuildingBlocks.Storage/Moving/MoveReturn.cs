namespace Chat.BuildingBlocks.Storage.Moving;

/// <summary>Gives a folder that was moved, or was being moved, back to the embedded stores. The cluster is not asked, and stays as it is.</summary>
public sealed class MoveReturn(DataDirectory folder, IEnumerable<IMoveStep> steps)
{
    /// <summary>When it returns, a server can start on the folder: with what it held when the move began.</summary>
    /// <exception cref="StorageException">The folder was not moved.</exception>
    public async Task RunAsync(TextWriter output, CancellationToken ct)
    {
        if (MoveMarker.Read(folder.Path) is not { } marker)
            throw new StorageException($"The data directory '{folder.Path}' was not moved: there is nothing to go back from.");
        if (marker.CompletedAt is not null)
        {
            foreach (var step in steps)
                await step.ReturnAsync(ct);
        }
        MoveMarker.Delete(folder.Path);
        await output.WriteLineAsync(
            $"A server can start on the data directory '{folder.Path}' again. The keyspace {marker.Keyspace} is as it was; "
            + (marker.CompletedAt is null ? "it is not complete: drop it." : "what was written there since is not in the folder."));
    }
}
