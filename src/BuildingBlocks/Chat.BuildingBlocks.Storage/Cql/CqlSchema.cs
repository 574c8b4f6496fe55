using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Chat.BuildingBlocks.Errors;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.BuildingBlocks.Storage.Cql;

/// <summary>
/// Brings the modules' tables to what this server knows. Any number of hosts may do so at once, and die at it: one at a time changes the
/// tables, and what is recorded as applied is applied.
/// </summary>
/// <remarks>
/// Tables <c>schema_versions</c> (module, version → name, applied_at), to which rows are only added, and <c>schema_lock</c>
/// (name → holder), see <see cref="CqlSchemaLock"/>.
/// </remarks>
public sealed partial class CqlSchema(IEnumerable<CqlMigrations> modules, IOptions<CqlOptions> options, TimeProvider clock, ILogger<CqlSchema> log)
{
    // CQL binary protocol §9: what there is no better code for.
    private const int NoSuchTable = 0x2200;
    private const int MaxLooksForTables = 40;

    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(250);

    /// <summary>Returns when the tables are at least at the versions that this server knows. Waits while another host changes them.</summary>
    /// <exception cref="StorageException">They are at a version that this server cannot run on, or the database refuses a change.</exception>
    /// <exception cref="StoreUnavailableException">No answer in time: begin again.</exception>
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
                // Made by another host a moment ago, and not known to each node yet.
            }
            await Task.Delay(LookAgainAfter, clock, ct);
        }
    }

    /// <summary>False while another host changes the tables.</summary>
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
                // Lost: this host was held up for so long that another has gone on in its place.
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

    // CQL has an IF NOT EXISTS for tables, and for columns only in some versions of some servers.
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

    /// <summary>The files that are not applied yet, each module's in order.</summary>
    private async Task<List<CqlMigration>> FindDueAsync(ICqlSession session, CancellationToken ct)
    {
        var due = new List<CqlMigration>();
        foreach (var module in modules)
        {
            var applied = await session.ExecuteAsync(
                new CqlStatement("SELECT version FROM schema_versions WHERE module = ? ORDER BY version DESC LIMIT 1", module.Module), ct);
            var current = applied.Rows is [var newest, ..] ? newest.Get<int>(0) : 0;
            var known = module.Files.Count > 0 ? module.Files[^1].Version : 0;
            // One version ahead is the promise that a release can be taken back; more than that nobody has tried.
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

    // No lock can guard the making of the lock. Cassandra gives a new table an id, and two nodes that make one of the same name at once
    // would give two, which they cannot agree on: so it is told the id. Done at each start, as a table is listed before it can be used.
    private async Task MakeTableAsync(ICqlSession session, string table, string columns, CancellationToken ct)
    {
        var keyspace = options.Value.Keyspace;
        // Of the keyspace too, as no two tables of a cluster may share an id.
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
