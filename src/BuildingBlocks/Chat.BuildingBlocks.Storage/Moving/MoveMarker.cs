using System.Text.Json;

namespace Chat.BuildingBlocks.Storage.Moving;

/// <summary>The file in a data directory that says where its content was moved, or is being moved. No server uses the folder while it is there.</summary>
/// <param name="Id">Of the move, and of nothing else.</param>
/// <param name="Keyspace">Where to.</param>
/// <param name="ContactPoints">In which cluster; for the operator.</param>
/// <param name="BegunAt">When it began.</param>
/// <param name="CompletedAt">When all was copied and compared; null before.</param>
internal sealed record MoveMarker(Guid Id, string Keyspace, string ContactPoints, DateTimeOffset BegunAt, DateTimeOffset? CompletedAt = null)
{
    public const string FileName = "moved.json";

    /// <summary>Why a server does not use the folder.</summary>
    public string Refusal(string folder) => CompletedAt is { } at
        ? $"The data directory '{folder}' was moved to the keyspace {Keyspace} at {ContactPoints} on {at:u}: start the server with Cql:ContactPoints and Cql:Keyspace, "
            + "or go back to what the folder held then with 'Chat.Host migrate --back' (docs/operations.md)."
        : $"The data directory '{folder}' is being moved to the keyspace {Keyspace} at {ContactPoints}: finish with 'Chat.Host migrate --to cql', "
            + "or use the folder again with 'Chat.Host migrate --back' (docs/operations.md).";

    /// <exception cref="StorageException">The file cannot be read.</exception>
    public static MoveMarker? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<MoveMarker>(File.ReadAllBytes(path)) : null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"The file '{path}', which says where the data directory was moved to, cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Durable and whole when it returns.</summary>
    public void Write(string folder)
    {
        var path = Path.Combine(folder, FileName);
        using (var file = new FileStream(path + ".new", FileMode.Create, FileAccess.Write))
        {
            file.Write(JsonSerializer.SerializeToUtf8Bytes(this));
            file.Flush(flushToDisk: true);
        }
        File.Move(path + ".new", path, overwrite: true);
    }

    public static void Delete(string folder) => File.Delete(Path.Combine(folder, FileName));
}
