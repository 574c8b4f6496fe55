using System.Reflection;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Storage.Cql;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Chat.Testing;

/// <summary>A module's tables on the real server.</summary>
public static class CassandraTables
{
    /// <summary>The fixture's session, with the module's tables there and empty.</summary>
    public static async Task<ICqlSession> OpenEmptyAsync(this CassandraServer server, string module, Assembly tables, CancellationToken ct)
    {
        var session = await server.OpenAsync(ct: ct);
        var schema = new CqlSchema(
            [new CqlMigrations(module, tables)], Options.Create(server.Options), TimeProvider.System, NullLogger<CqlSchema>.Instance);
        await schema.ApplyAsync(session, ct);
        var found = await session.ExecuteAsync(
            new CqlStatement("SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?", server.Options.Keyspace), ct);
        foreach (var table in found.Rows.Select(row => row.Get<string>(0)).Where(table => table.StartsWith(module, StringComparison.Ordinal)))
            await Wait.UntilAsync(() => TryTruncateAsync(session, table, ct), $"{table} is empty");
        return session;
    }

    // Needs every node: where the tests run beside nodes that come and go, it waits for one that has gone.
    private static async Task<bool> TryTruncateAsync(ICqlSession session, string table, CancellationToken ct)
    {
        try
        {
            await session.ExecuteAsync(new CqlStatement($"TRUNCATE {table}"), ct);
            return true;
        }
        catch (Exception e) when (e is StoreUnavailableException or CqlException)
        {
            return false;
        }
    }
}
