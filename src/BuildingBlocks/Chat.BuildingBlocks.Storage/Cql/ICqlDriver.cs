using Chat.BuildingBlocks.Errors;

namespace Chat.BuildingBlocks.Storage.Cql;

/// <summary>The client library that this server was built with.</summary>
public interface ICqlDriver
{
    /// <summary>Connects to the configured nodes, creates the keyspace if it is missing, and uses it.</summary>
    /// <exception cref="StoreUnavailableException">No node answered.</exception>
    /// <exception cref="StorageException">A node answered and refused: wrong password, wrong data centre, no right to make the keyspace.</exception>
    Task<ICqlSession> ConnectAsync(CancellationToken ct);
}

/// <summary>A store that reads something before the server takes its first request. Called once, after the tables are up to date.</summary>
public interface IOpenedAtStart
{
    Task OpenAsync(CancellationToken ct);
}
