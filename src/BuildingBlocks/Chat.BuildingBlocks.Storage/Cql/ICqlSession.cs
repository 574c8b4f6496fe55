using Chat.BuildingBlocks.Errors;

namespace Chat.BuildingBlocks.Storage.Cql;

/// <summary>
/// The cluster's database, ScyllaDB or Apache Cassandra, through whichever client was built in. One session a process, in one keyspace,
/// used by any number of threads. Passes CqlSessionContract.
/// </summary>
public interface ICqlSession : IAsyncDisposable
{
    /// <summary>
    /// Runs a statement, prepared on first use, on a replica of its partition. If a node fails, an <see cref="CqlStatement.Idempotent"/> one is tried on
    /// another node, within the request's time. Schema changes are not prepared and not retried; they return when the nodes agree on them, or after
    /// ten seconds.
    /// </summary>
    /// <exception cref="StoreUnavailableException">No answer in time, too few replicas, or overload. The statement may have been executed.</exception>
    /// <exception cref="CqlException">The database refused the statement: a mistake in the program, the schema or the permissions.</exception>
    Task<CqlResult> ExecuteAsync(CqlStatement statement, CancellationToken ct = default);

    /// <summary>
    /// Runs writes as one unlogged batch. The writes of one partition are atomic; writes of different partitions are not. Conditional statements must all be
    /// of one partition.
    /// </summary>
    /// <param name="statements">At least one; together below the server's <c>batch_size_fail_threshold</c> (50 KiB as shipped).</param>
    /// <param name="ct">Gives up waiting; what was sent may happen all the same.</param>
    /// <exception cref="StoreUnavailableException">As above. Tried again only where every statement is idempotent.</exception>
    /// <exception cref="CqlException">As above.</exception>
    Task<CqlResult> ExecuteBatchAsync(IReadOnlyList<CqlStatement> statements, CancellationToken ct = default);
}
