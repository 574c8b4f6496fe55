using System.Collections.Concurrent;
using Cassandra;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.BuildingBlocks.Text;

namespace Chat.BuildingBlocks.Storage.Scylla;

/// <summary>The port on ScyllaDB's driver, which has its own token- and shard-aware connections, retries and reconnects.</summary>
internal sealed class ScyllaSession(Cluster cluster, ISession session, CqlOptions options) : ICqlSession
{
    private readonly ConcurrentDictionary<string, Lazy<Task<PreparedStatement>>> _prepared = new(StringComparer.Ordinal);

    private readonly ConsistencyLevel _consistency = options.Consistency switch
    {
        CqlConsistency.Quorum => ConsistencyLevel.Quorum,
        CqlConsistency.All => ConsistencyLevel.All,
        _ => ConsistencyLevel.LocalQuorum,
    };

    private readonly ConsistencyLevel _serial =
        options.Consistency == CqlConsistency.LocalQuorum ? ConsistencyLevel.LocalSerial : ConsistencyLevel.Serial;

    public async Task<CqlResult> ExecuteAsync(CqlStatement statement, CancellationToken ct = default)
    {
        try
        {
            return Read(await session.ExecuteAsync(await ToDriverAsync(statement, ct)).WaitAsync(ct));
        }
        catch (DriverException e)
        {
            throw ScyllaErrors.Translate(e);
        }
    }

    public async Task<CqlResult> ExecuteBatchAsync(IReadOnlyList<CqlStatement> statements, CancellationToken ct = default)
    {
        var batch = new BatchStatement();
        batch.SetBatchType(BatchType.Unlogged).SetConsistencyLevel(_consistency).SetSerialConsistencyLevel(_serial)
            .SetIdempotence(statements.All(statement => statement.Idempotent));
        try
        {
            foreach (var statement in statements)
                batch.Add(await BindAsync(statement, ct));
            return Read(await session.ExecuteAsync(batch).WaitAsync(ct));
        }
        catch (DriverException e)
        {
            throw ScyllaErrors.Translate(e);
        }
    }

    public async ValueTask DisposeAsync() => await cluster.ShutdownAsync();

    private async Task<IStatement> ToDriverAsync(CqlStatement statement, CancellationToken ct)
    {
        var driver = IsOfSchema(statement.Cql) ? (IStatement)new SimpleStatement(statement.Cql) : await BindAsync(statement, ct);
        return driver
            .SetConsistencyLevel(statement.Linearizable ? _serial : _consistency)
            .SetSerialConsistencyLevel(_serial)
            .SetIdempotence(statement.Idempotent)
            .SetAutoPage(false)
            .SetPageSize(statement.PageSize)
            .SetPagingState(statement.PagingState);
    }

    private async Task<BoundStatement> BindAsync(CqlStatement statement, CancellationToken ct)
    {
        var preparing = _prepared.GetOrAdd(statement.Cql, cql => new Lazy<Task<PreparedStatement>>(() => session.PrepareAsync(cql)));
        try
        {
            return (await preparing.Value.WaitAsync(ct)).Bind([.. statement.Values.Select(ToDriver)]);
        }
        catch (DriverException)
        {
            // Not for ever: the next caller may find the table there.
            _prepared.TryRemove(KeyValuePair.Create(statement.Cql, preparing));
            throw;
        }
    }

    private static object? ToDriver(object? value) => value switch
    {
        ReadOnlyMemory<byte> bytes => bytes.ToArray(),
        Utf8Text text => text.ToString(),
        _ => value,
    };

    private static bool IsOfSchema(string cql) =>
        cql.AsSpan().TrimStart() is var text && (Begins(text, "CREATE") || Begins(text, "ALTER") || Begins(text, "DROP") || Begins(text, "TRUNCATE"));

    private static bool Begins(ReadOnlySpan<char> text, string word) => text.StartsWith(word, StringComparison.OrdinalIgnoreCase);

    private static CqlResult Read(RowSet rows) => new([.. rows.Select(row => new ScyllaRow(row))], rows.PagingState);
}
