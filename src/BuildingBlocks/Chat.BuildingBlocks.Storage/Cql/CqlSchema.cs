using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Chat.BuildingBlocks.Errors;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.BuildingBlocks.Storage.Cql;

/// <summary>
/// Brings the modules' tables to the version that this server needs. Any number of servers may do so at once, and any of them may die: one at a time
/// changes the tables, and what is recorded as applied is applied.
/// </summary>
/// <remarks>
/// Tables <c>schema_versions</c> (module, version → name, applied_at), to which rows are only added, and <c>schema_lock</c>
/// (name → holder), see <see cref="CqlSchemaLock"/>.
/// </remarks>
public sealed partial class CqlSchema(IEnumerable<CqlMigrations> modules, IOptions<CqlOptions> options, TimeProvider clock, ILogger<CqlSchema> log)
{
    // CQL binary protocol §9: Invalid, which also stands for a table that does not exist.
    private const int NoSuchTable = 0x2200;
    private const int MaxLooksForTables = 40;

    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(250);

    /// <summary>Returns when the tables are at the versions that this server needs, or later ones. Waits while another server changes them.</summary>
    /// <exception cref="StorageException">The tables are too new for this server, or the database refuses a change.</exception>
    /// <exception cref="StoreUnavailableException">The database did not answer in time: call again.</exception>
    public async Task ApplyAsync(ICqlSession session, CancellationToken ct = default)
    {
        await MakeBookkeepingAsync(session, ct);
        for (var looks = 1; ; looks++)
        {
            try
            {
                if (await TryApplyAsync(session, ct))
                    return;
                log.WaitingForSchema();
            }
            catch (CqlException e) when (e.Code == NoSuchTable && looks < MaxLooksForTables)
            {
                // Another server created it a moment ago, and not every node knows it yet.
            }
            await Task.Delay(LookAgainAfter, clock, ct);
        }
    }

    /// <summary>False while another server changes the tables.</summary>
    private async Task<bool> TryApplyAsync(ICqlSession session, CancellationToken ct)
    {
        if ((await FindDueAsync(session, ct)).Count == 0)
            return true;
        await using var held = await CqlSchemaLock.TryTakeAsync(session, clock, ct);
        if (held is null)
            return false;
        foreach (var file in await FindDueAsync(session, ct))
        {
            foreach (var statement in file.ReadStatements())
            {
                // The lock expired: this server was held up for so long that another may have taken it.
                if (!await held.RenewAsync(ct))
                    return false;
                await ChangeAsync(session, file, statement, ct);
            }
            await session.ExecuteAsync(
                new CqlStatement(
                    "INSERT INTO schema_versions (module, version, name, applied_at) VALUES (?, ?, ?, ?)",
                    file.Module, file.Version, file.Name, clock.GetUtcNow()),
                ct);
            log.SchemaChanged(file.Module, file.Version);
        }
        return true;
    }

    private async Task ChangeAsync(ICqlSession session, CqlMigration file, string statement, CancellationToken ct)
    {
        try
        {
            if (NewColumn.Match(statement) is { Success: true } column
                && await HasColumnAsync(session, column.Groups["table"].Value, column.Groups["column"].Value, ct))
                return;
            await session.ExecuteAsync(new CqlStatement(statement), ct);
        }
        catch (CqlException e)
        {
            throw new StorageException($"The tables of {file.Module} cannot be brought to version {file.Version}: {e.Message}", e);
        }
    }

    // CQL has IF NOT EXISTS for tables everywhere, for columns only in some versions.
    [GeneratedRegex(@"^\s*ALTER\s+TABLE\s+(?<table>\w+)\s+ADD\s+(?<column>\w+)\s+\w+(\s+static)?\s*$", RegexOptions.IgnoreCase)]
    private static partial Regex NewColumn { get; }

    private async Task<bool> HasColumnAsync(ICqlSession session, string table, string column, CancellationToken ct)
    {
        var found = await session.ExecuteAsync(
            new CqlStatement(
                "SELECT column_name FROM system_schema.columns WHERE keyspace_name = ? AND table_name = ? AND column_name = ?",
                options.Value.Keyspace, table, column),
            ct);
        return found.Rows.Count > 0;
    }

    /// <summary>The files that are not applied yet, in order for each module.</summary>
    private async Task<List<CqlMigration>> FindDueAsync(ICqlSession session, CancellationToken ct)
    {
        var due = new List<CqlMigration>();
        foreach (var module in modules)
        {
            var applied = await session.ExecuteAsync(
                new CqlStatement("SELECT version FROM schema_versions WHERE module = ? ORDER BY version DESC LIMIT 1", module.Module), ct);
            var current = applied.Rows is [var newest, ..] ? newest.Get<int>(0) : 0;
            var known = module.Files.Count > 0 ? module.Files[^1].Version : 0;
            // A release can be rolled back by one version. More was never tested.
            if (current > known + 1)
                throw new StorageException($"The database's tables of {module.Module} are at version {current}, this server knows {known}: run the newer server.");
            due.AddRange(module.Files.Where(file => file.Version > current));
        }
        return due;
    }

    private async Task MakeBookkeepingAsync(ICqlSession session, CancellationToken ct)
    {
        await MakeTableAsync(session, "schema_versions", "module text, version int, name text, applied_at timestamp, PRIMARY KEY (module, version)", ct);
        await MakeTableAsync(session, "schema_lock", "name text PRIMARY KEY, holder uuid", ct);
    }

    // No lock can guard the creation of the lock's own table. Two nodes of Cassandra that create a table of one name at once give it two ids, and never
    // agree on one: so the statement names the id. Run at each start, since a table is listed before it can be used.
    private async Task MakeTableAsync(ICqlSession session, string table, string columns, CancellationToken ct)
    {
        var keyspace = options.Value.Keyspace;
        // Made of the keyspace too: no two tables of a cluster may share an id.
        var id = new Guid(SHA256.HashData(Encoding.UTF8.GetBytes($"{keyspace}.{table}")).AsSpan(0, 16));
        try
        {
            await session.ExecuteAsync(new CqlStatement($"CREATE TABLE IF NOT EXISTS {table} ({columns}) WITH id = '{id}'"), ct);
        }
        catch (CqlException e)
        {
            throw new StorageException($"The table {table} cannot be made in the keyspace {keyspace}: {e.Message}", e);
        }
    }
}
