using Chat.BuildingBlocks.Storage.Moving;
using Microsoft.Extensions.Options;

namespace Chat.BuildingBlocks.Storage;

/// <summary>The server's folder, locked by this process while it runs.</summary>
public sealed class DataDirectory : IDisposable
{
    private readonly string _root;
    private readonly FileStream _lock;

    /// <exception cref="StorageException">The folder cannot be created or written, another process has locked it, or its content was moved to a cluster.</exception>
    public DataDirectory(IOptions<StorageOptions> options) : this(options.Value)
    {
        if (MoveMarker.Read(_root) is not { } marker)
            return;
        Dispose();
        throw new StorageException(marker.Refusal(_root));
    }

    private DataDirectory(StorageOptions options)
    {
        _root = System.IO.Path.GetFullPath(options.DataDirectory);
        try
        {
            // An existing folder keeps its mode: the root of a volume may belong to another user, and be shared through its group.
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
            throw new StorageException($"The data directory '{_root}' cannot be locked: {e.Message} Stop the server that uses it, or set Storage:DataDirectory to another folder.", e);
        }
    }

    /// <summary>The folder for moving its content, whether that has begun or not.</summary>
    /// <exception cref="StorageException">The folder cannot be used, or a server runs on it.</exception>
    internal static DataDirectory OpenToMove(IOptions<StorageOptions> options) => new(options.Value);

    public string Path => _root;

    public string PathOf(string name) => System.IO.Path.Combine(_root, name);

    public void Dispose() => _lock.Dispose();
}
