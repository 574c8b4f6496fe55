using Chat.BuildingBlocks.Storage.Cql;

namespace Chat.BuildingBlocks.Storage.Moving;

/// <summary>
/// Table <c>schema_move</c> of a keyspace that is filled by a move, and of no other: whose move it is and whether it is complete (row <c>*</c>), and for each
/// <see cref="MovedTable"/> up to which position of the source it is written.
/// </summary>
internal sealed class CqlMoveState(ICqlSession session, string keyspace)
{
    private const string Whole = "*";

    /// <summary>Whose move fills the keyspace, and whether it is complete; null where it was filled by none.</summary>
    public async Task<(Guid Move, bool IsComplete)?> ReadAsync(CancellationToken ct)
    {
        var table = await session.ExecuteAsync(
            new CqlStatement("SELECT table_name FROM system_schema.tables WHERE keyspace_name = ? AND table_name = 'schema_move'", keyspace), ct);
        if (table.Rows.Count == 0)
            return null;
        var found = await session.ExecuteAsync(new CqlStatement("SELECT move, complete FROM schema_move WHERE name = ?", Whole) { Linearizable = true }, ct);
        return found.Rows is [var row] ? (row.Get<Guid>(0), row.Get<bool>(1)) : null;
    }

    /// <summary>Makes the keyspace the target of this move. False where it is that of another.</summary>
    public async Task<bool> TryClaimAsync(Guid move, CancellationToken ct)
    {
        await session.ExecuteAsync(
            new CqlStatement("CREATE TABLE IF NOT EXISTS schema_move (name text PRIMARY KEY, move uuid, complete boolean, position text, rows bigint)"), ct);
        await session.ExecuteAsync(
            new CqlStatement("INSERT INTO schema_move (name, move, complete) VALUES (?, ?, false) IF NOT EXISTS", Whole, move) { Idempotent = false }, ct);
        return await ReadAsync(ct) is var (claimed, _) && claimed == move;
    }

    public Task CompleteAsync(Guid move, CancellationToken ct) => session.ExecuteAsync(
        new CqlStatement("UPDATE schema_move SET complete = true WHERE name = ? IF move = ?", Whole, move) { Idempotent = false }, ct);

    public async Task<MovedSoFar> ReadProgressAsync(string name, CancellationToken ct) =>
        (await session.ExecuteAsync(new CqlStatement("SELECT position, rows, complete FROM schema_move WHERE name = ?", name), ct)).Rows is [var row]
            ? new MovedSoFar(row.Get<string?>(0), row.Get<long>(1), row.Get<bool>(2))
            : new MovedSoFar(null, 0, IsAll: false);

    public Task SaveProgressAsync(string name, MovedSoFar progress, CancellationToken ct) => session.ExecuteAsync(
        new CqlStatement(
            "INSERT INTO schema_move (name, position, rows, complete) VALUES (?, ?, ?, ?)", name, progress.Position, progress.Rows, progress.IsAll), ct);

    /// <summary>A table of the keyspace that has rows, those of the schema aside; null where none has.</summary>
    public async Task<string?> FindTableWithRowsAsync(CancellationToken ct)
    {
        var tables = await session.ExecuteAsync(
            new CqlStatement("SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?", keyspace), ct);
        foreach (var table in tables.Rows.Select(row => row.Get<string>(0)).Where(table => !table.StartsWith("schema_", StringComparison.Ordinal)))
        {
            if ((await session.ExecuteAsync(new CqlStatement($"SELECT * FROM {table} LIMIT 1"), ct)).Rows.Count > 0)
                return table;
        }
        return null;
    }
}

/// <summary>How much of a table is written.</summary>
/// <param name="Position">All rows up to this one are; null for none.</param>
/// <param name="Rows">So many.</param>
/// <param name="IsAll">And there are no more.</param>
internal sealed record MovedSoFar(string? Position, long Rows, bool IsAll);

/// <summary>Keeps a server from running on a keyspace into which a move has not brought everything yet.</summary>
internal sealed class CqlUnfinishedMove(ICqlSession session, Microsoft.Extensions.Options.IOptions<CqlOptions> options) : IOpenedAtStart
{
    public async Task OpenAsync(CancellationToken ct)
    {
        if (await new CqlMoveState(session, options.Value.Keyspace).ReadAsync(ct) is not (_, IsComplete: false))
            return;
        throw new StorageException(
            $"The keyspace {options.Value.Keyspace} is being filled from a data directory: finish with 'Chat.Host migrate --to cql' there, "
            + "or drop the keyspace (docs/operations.md).");
    }
}
