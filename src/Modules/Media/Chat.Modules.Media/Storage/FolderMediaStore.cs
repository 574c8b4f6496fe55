using System.Buffers;
using Chat.BuildingBlocks.Errors;

namespace Chat.Modules.Media.Storage;

/// <summary>
/// A folder. Bytes are where <see cref="BlobPath"/> says; those that are being written are in <c>staging/KEY</c>, and are renamed when
/// they are on disk. Several servers may share the folder.
/// </summary>
internal sealed class FolderMediaStore : IMediaStore
{
    /// <summary>The folder, in it, of what is not finished.</summary>
    public const string Staging = "staging";

    private const int BufferBytes = 128 * 1024;

    // Between two looks at how much room the disk has.
    private const long LookEvery = 8 * 1024 * 1024;

    private readonly string _root;
    private readonly string _staging;
    private readonly long _minFreeBytes;

    /// <param name="root">Made if missing.</param>
    /// <param name="minFreeBytes">What is left free on its disk; 0 to use all of it.</param>
    /// <exception cref="IOException">It cannot be made, or not written to.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public FolderMediaStore(string root, long minFreeBytes = 0)
    {
        (_root, _staging, _minFreeBytes) = (Path.GetFullPath(root), Path.Combine(Path.GetFullPath(root), Staging), minFreeBytes);
        Directory.CreateDirectory(_staging);
        Directory.CreateDirectory(Path.Combine(_root, BlobPath.Root));
        FolderSync.Flush(_root);
    }

    public string Root => _root;

    public async Task WriteAsync(string key, Stream content, CancellationToken ct)
    {
        var staged = StagedPathOf(key);
        try
        {
            await using (var file = Open(staged, FileMode.Create))
            {
                await CopyAsync(content, file, ct);
                Do(() => file.Flush(flushToDisk: true));
            }
            Do(() => Commit(staged, PathOf(key)));
        }
        catch
        {
            DeleteIfThere(staged);
            throw;
        }
    }

    public Task<Stream?> OpenAsync(string key, CancellationToken ct)
    {
        try
        {
            return Task.FromResult<Stream?>(new FileStream(
                PathOf(key), new FileStreamOptions { Mode = FileMode.Open, Share = FileShare.Read | FileShare.Delete, BufferSize = 0, Options = FileOptions.Asynchronous }));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.FromResult<Stream?>(null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreUnavailableException($"The folder of the media cannot be read: {e.Message}", e);
        }
    }

    public Task DeleteAsync(string key, CancellationToken ct)
    {
        Do(() => DeleteIfThere(PathOf(key)));
        return Task.CompletedTask;
    }

    public async Task<StoreProgress> AppendAsync(string key, StoreProgress at, Stream content, CancellationToken ct)
    {
        await using var file = Open(StagedPathOf(key), FileMode.OpenOrCreate);
        Do(() =>
        {
            if (file.Length < at.Bytes)
                throw new IOException("A file in staging is shorter than it was.");
            // What comes after it was not counted.
            file.SetLength(at.Bytes);
            file.Position = at.Bytes;
        });
        try
        {
            await CopyAsync(content, file, ct);
            Do(() =>
            {
                file.Flush(flushToDisk: true);
                if (at.Bytes == 0)
                    FolderSync.Flush(_staging);
            });
            return new StoreProgress(file.Position, null);
        }
        catch
        {
            // Of no use, and on a full disk they are in the way.
            Do(() => file.SetLength(at.Bytes));
            throw;
        }
    }

    public Task TakeBackAsync(string key, StoreProgress at, StoreProgress added, CancellationToken ct)
    {
        if (at.Bytes == 0)
            return DiscardAsync(key, ct);
        using var file = Open(StagedPathOf(key), FileMode.OpenOrCreate);
        Do(() => file.SetLength(Math.Min(file.Length, at.Bytes)));
        return Task.CompletedTask;
    }

    public Task CompleteAsync(string key, StoreProgress at, CancellationToken ct)
    {
        Do(() =>
        {
            if (File.Exists(StagedPathOf(key)))
                Commit(StagedPathOf(key), PathOf(key));
        });
        return Task.CompletedTask;
    }

    public Task DiscardAsync(string key, CancellationToken ct)
    {
        Do(() => DeleteIfThere(StagedPathOf(key)));
        return Task.CompletedTask;
    }

    public Uri? Sign(string key, SignedAnswer answer) => null;

    private string PathOf(string key) => Path.Combine(_root, BlobPath.Of(key));

    private string StagedPathOf(string key) => Path.Combine(_staging, key);

    // File.Delete throws where the folder is missing.
    private static void DeleteIfThere(string path)
    {
        if (File.Exists(path))
            File.Delete(path);
    }

    private static FileStream Open(string path, FileMode mode)
    {
        FileStream? file = null;
        Do(() => file = new FileStream(
            path, new FileStreamOptions { Mode = mode, Access = FileAccess.Write, BufferSize = 0, Options = FileOptions.Asynchronous }));
        return file!;
    }

    private static void Commit(string staged, string path)
    {
        var folder = Path.GetDirectoryName(path)!;
        if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder);
            FolderSync.Flush(Path.GetDirectoryName(folder)!);
        }
        File.Move(staged, path, overwrite: true);
        FolderSync.Flush(folder);
    }

    // What the content throws is the caller's, what the file throws is the store's.
    private async Task CopyAsync(Stream content, FileStream file, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            var untilLook = 0L;
            while (await content.ReadAsync(buffer.AsMemory(0, BufferBytes), ct) is > 0 and var read)
            {
                if (untilLook <= 0)
                {
                    Do(CheckRoom);
                    untilLook = LookEvery;
                }
                untilLook -= read;
                try
                {
                    await file.WriteAsync(buffer.AsMemory(0, read), ct);
                }
                catch (IOException e)
                {
                    throw DiskErrors.Explain(e, "media");
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // Windows knows the room of drives only, not of folders and shares.
    private void CheckRoom()
    {
        if (_minFreeBytes == 0 || OperatingSystem.IsWindows() && _root.StartsWith(@"\\", StringComparison.Ordinal))
            return;
        var free = new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(_root)! : _root).AvailableFreeSpace;
        if (free < _minFreeBytes)
            throw new StoreFullException($"The disk of the media has {free} bytes free; Media:MinFreeBytes leaves {_minFreeBytes}.");
    }

    private static void Do(Action work)
    {
        try
        {
            work();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DiskErrors.Explain(e, "media");
        }
    }
}
