using System.Buffers;
using Chat.BuildingBlocks.Errors;

namespace Chat.Modules.Media.Storage;

/// <summary>
/// A folder. Bytes are where <see cref="BlobPath"/> says; those that are being written are in <c>staging/KEY</c>, and are renamed when
/// they are on disk. Several servers may share the folder.
/// </summary>
internal sealed class FolderMediaStore : IMediaStore
{
    private const int BufferBytes = 128 * 1024;

    // errno; Windows' ERROR_DISK_FULL as an HRESULT.
    private const int NoSpace = 28;
    private const int QuotaExceeded = 122;
    private const int DiskFull = unchecked((int)0x80070070);

    private readonly string _root;
    private readonly string _staging;

    /// <param name="root">Made if missing.</param>
    /// <exception cref="IOException">It cannot be made, or not written to.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public FolderMediaStore(string root)
    {
        (_root, _staging) = (Path.GetFullPath(root), Path.Combine(Path.GetFullPath(root), "staging"));
        Directory.CreateDirectory(_staging);
        Directory.CreateDirectory(Path.Combine(_root, BlobPath.Root));
        FolderSync.Flush(_root);
    }

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
        await CopyAsync(content, file, ct);
        Do(() =>
        {
            file.Flush(flushToDisk: true);
            if (at.Bytes == 0)
                FolderSync.Flush(_staging);
        });
        return new StoreProgress(file.Position, null);
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
    private static async Task CopyAsync(Stream content, FileStream file, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            while (await content.ReadAsync(buffer.AsMemory(0, BufferBytes), ct) is > 0 and var read)
            {
                try
                {
                    await file.WriteAsync(buffer.AsMemory(0, read), ct);
                }
                catch (IOException e)
                {
                    throw Failure(e);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void Do(Action work)
    {
        try
        {
            work();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failure(e);
        }
    }

    private static Exception Failure(Exception e) => e.HResult is NoSpace or QuotaExceeded or DiskFull
        ? new StoreFullException("The disk of the media is full.", e)
        : new StoreUnavailableException($"The folder of the media cannot be written: {e.Message}", e);
}
