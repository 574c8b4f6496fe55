using Chat.BuildingBlocks.Errors;

namespace Chat.BuildingBlocks.Storage.Cql;

/// <summary>
/// The cluster's database, ScyllaDB or Apache Cassandra, through whichever client was built in. One session a process, in one keyspace,
/// used by any number of threads. Passes CqlSessionContract.
/// </summary>
public interface ICqlSession : IAsyncDisposable
{
    /// <summary>
    /// Runs a statement, prepared on first use, on a replica of its partition. One that is <see cref="CqlStatement.Idempotent"/> is tried
    /// again elsewhere, within the request's time, when a node goes away. Changes of the schema are not prepared, are not tried again, and
    /// return when the nodes agree on them, or after ten seconds.
    /// </summary>
    /// <exception cref="StoreUnavailableException">No answer in time, too few replicas, or overload: it may have happened.</exception>
    /// <exception cref="CqlException">The server refused the statement itself: a mistake in the program, the schema or the rights.</exception>
    Task<CqlResult> ExecuteAsync(CqlStatement statement, CancellationToken ct = default);

    /// <summary>
    /// Runs writes as one unlogged batch. Those of one partition happen all or not at all, whichever their tables; between partitions
    /// nothing is promised. Conditional statements must all be of one partition.
    /// </summary>
    /// <param name="statements">At least one; together below the server's <c>batch_size_fail_threshold</c> (50 KiB as shipped).</param>
    /// <param name="ct">Gives up waiting; what was sent may happen all the same.</param>
    /// <exception cref="StoreUnavailableException">As above. Tried again only where every statement is idempotent.</exception>
    /// <exception cref="CqlException">As above.</exception>
    Task<CqlResult> ExecuteBatchAsync(IReadOnlyList<CqlStatement> statements, CancellationToken ct = default);
}
