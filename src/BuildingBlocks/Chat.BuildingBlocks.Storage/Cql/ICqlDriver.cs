using Chat.BuildingBlocks.Errors;

namespace Chat.BuildingBlocks.Storage.Cql;

/// <summary>The client library that this server was built with.</summary>
public interface ICqlDriver
{
    /// <summary>Connects to the configured nodes, makes the keyspace if it is missing, and is in it.</summary>
    /// <exception cref="StoreUnavailableException">No node answered.</exception>
    /// <exception cref="StorageException">A node answered and refused: wrong password, wrong data centre, no right to make the keyspace.</exception>
    Task<ICqlSession> ConnectAsync(CancellationToken ct);
}

/// <summary>A store that has something to read before the host takes its first request; called once, when the tables are there.</summary>
public interface IOpenedAtStart
{
    Task OpenAsync(CancellationToken ct);
}
