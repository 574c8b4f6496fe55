using Microsoft.Extensions.Options;

namespace Chat.BuildingBlocks.Storage.Tests;

/// <summary>A folder that is gone afterwards.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("chat-test-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public DataDirectory OpenAsData() => DataAt(Path);

    public static DataDirectory DataAt(string path) => new(Options.Create(new StorageOptions { DataDirectory = path }));

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
