using System.Reflection;
using Chat.BuildingBlocks.Storage;
using Chat.BuildingBlocks.Storage.Sqlite;
using Microsoft.Extensions.Options;

namespace Chat.Testing;

/// <summary>Real embedded stores in a folder that is gone afterwards; closed and opened again it is what a restart finds.</summary>
/// <param name="module">Whose tables the database has.</param>
/// <param name="tables">Where its migrations are.</param>
/// <param name="options">Of the database, but for its folder.</param>
/// <param name="clock">Of the database; the system's unless given.</param>
public sealed class TemporaryStores(string module, Assembly tables, StorageOptions? options = null, TimeProvider? clock = null) : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("chat-test-").FullName;
    private DataDirectory? _directory;
    private SqliteDatabase? _database;

    public TestMeters Meters { get; } = new();

    public DataDirectory Data => _directory ??= new DataDirectory(Options.Create(new StorageOptions { DataDirectory = _root }));

    public SqliteDatabase Database => _database ??= new SqliteDatabase(
        Data, [new SqliteMigrations(module, tables)], Options.Create(options ?? new StorageOptions()), Meters, clock ?? TimeProvider.System);

    /// <summary>Closes what is open, as the end of a server does; the next use opens it again.</summary>
    public void Close()
    {
        _database?.Dispose();
        _directory?.Dispose();
        (_database, _directory) = (null, null);
    }

    public void Dispose()
    {
        Close();
        Meters.Dispose();
        Directory.Delete(_root, recursive: true);
    }
}
