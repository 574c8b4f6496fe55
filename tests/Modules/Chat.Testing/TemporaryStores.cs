using System.Reflection;
using Chat.BuildingBlocks.Storage;
using Chat.BuildingBlocks.Storage.Sqlite;
using Microsoft.Extensions.Options;

namespace Chat.Testing;

/// <summary>Real embedded stores in a folder that is gone afterwards; closed and opened again it is what a restart finds.</summary>
public sealed class TemporaryStores(string module, Assembly tables) : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("chat-test-").FullName;
    private DataDirectory? _directory;
    private SqliteDatabase? _database;

    public TestMeters Meters { get; } = new();

    public DataDirectory Data => _directory ??= new DataDirectory(Options.Create(new StorageOptions { DataDirectory = _root }));

    public SqliteDatabase Database => _database ??= new SqliteDatabase(Data, [new SqliteMigrations(module, tables)], Meters, TimeProvider.System);

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
