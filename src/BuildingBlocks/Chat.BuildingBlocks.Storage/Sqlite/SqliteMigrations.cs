using System.Globalization;
using System.Reflection;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Chat.BuildingBlocks.Storage.Sqlite;

/// <summary>
/// A module's tables: SQL files embedded as <c>….migrations.NNNN-name.sql</c>, applied once each in the order of their numbers. Forward only
/// and additive, so that the version before still runs on the result.
/// </summary>
/// <param name="module">The owner's name; its tables begin with it.</param>
/// <param name="assembly">Where the files are embedded.</param>
public sealed class SqliteMigrations(string module, Assembly assembly)
{
    public void Apply(SqliteConnection connection)
    {
        connection.Execute("CREATE TABLE IF NOT EXISTS schema_versions (module TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID");
        var current = connection.QuerySingleOrDefault<int>("SELECT version FROM schema_versions WHERE module = $module", new { module });
        var files = Files();
        // A release can be rolled back by one version. More was never tested.
        if (current > files.Count + 1)
            throw new StorageException($"The database's tables of {module} are at version {current}, this server knows {files.Count}: run the newer server.");

        foreach (var (version, name) in files.Where(file => file.Version > current))
        {
            using var transaction = connection.BeginTransaction();
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            connection.Execute(reader.ReadToEnd(), transaction: transaction);
            connection.Execute(
                "INSERT INTO schema_versions VALUES ($module, $version) ON CONFLICT DO UPDATE SET version = excluded.version",
                new { module, version }, transaction);
            transaction.Commit();
        }
    }

    // Two files of one number would be a mistake: where one was applied, the other never would be.
    private List<(int Version, string Name)> Files() =>
        [.. assembly.GetManifestResourceNames()
            .Where(name => name.Contains(".migrations.", StringComparison.Ordinal))
            .Select(name => (int.Parse(name.Split(".migrations.")[1].AsSpan(0, 4), CultureInfo.InvariantCulture), Name: name))
            .ToDictionary(file => file.Item1).Values
            .Order()];
}
