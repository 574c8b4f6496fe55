using Microsoft.Extensions.Options;

namespace Chat.BuildingBlocks.Storage;

/// <summary>The server's folder, held by this process alone for as long as it runs.</summary>
public sealed class DataDirectory : IDisposable
{
    private readonly string _root;
    private readonly FileStream _lock;

    /// <exception cref="StorageException">The folder cannot be made or written, or another process holds it.</exception>
    public DataDirectory(IOptions<StorageOptions> options)
    {
        _root = System.IO.Path.GetFullPath(options.Value.DataDirectory);
        try
        {
            // One that exists keeps its mode: a volume's root may be another's, and lent by its group.
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(_root);
            else
                Directory.CreateDirectory(_root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"The data directory '{_root}' cannot be used: {e.Message} Set Storage:DataDirectory to a folder this user may write.", e);
        }

        try
        {
            _lock = new FileStream(PathOf("chat.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StorageException($"The data directory '{_root}' cannot be written by this user.", e);
        }
        catch (IOException e)
        {
            throw new StorageException($"The data directory '{_root}' cannot be held: {e.Message} Stop the server that uses it, or set Storage:DataDirectory to another folder.", e);
        }
    }

    public string Path => _root;

    public string PathOf(string name) => System.IO.Path.Combine(_root, name);

    public void Dispose() => _lock.Dispose();
}
