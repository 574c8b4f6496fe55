using Chat.BuildingBlocks.Errors;

namespace Chat.Modules.Media.Storage;

/// <summary>A temporary file for one part on its way to S3: the client signs what it sends, and so reads it twice. Gone when disposed, or with the process.</summary>
internal sealed class S3Spool : IAsyncDisposable
{
    private readonly S3Spools _all;
    private readonly FileStream _file;
    private long _room;

    internal S3Spool(S3Spools all, string path)
    {
        _all = all;
        _file = new FileStream(
            path,
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, BufferSize = 0, Options = FileOptions.Asynchronous | FileOptions.DeleteOnClose,
            });
        // .NET deletes it when it is closed, which a process that is killed does not do. Without a name it lasts as long as it is open; Windows does so by itself.
        if (!OperatingSystem.IsWindows())
            File.Delete(path);
    }

    public long Length => _file.Length;

    /// <summary>Adds of a stream until the part has <paramref name="most"/> bytes. False where the stream ended before.</summary>
    /// <exception cref="StoreUnavailableException">All spools together have no room for it, or the file cannot be written.</exception>
    /// <exception cref="StoreFullException">The disk has no room.</exception>
    public async Task<bool> FillAsync(Stream content, long most, CancellationToken ct)
    {
        var buffer = new byte[64 * 1024];
        _file.Seek(0, SeekOrigin.End);
        var length = _file.Length;
        while (length < most)
        {
            var read = await content.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, most - length)), ct);
            if (read == 0)
                return false;
            length += read;
            _room = _all.Take(_room, length);
            await WriteAsync(buffer.AsMemory(0, read), ct);
        }
        return true;
    }

    /// <summary>From its first byte. Not to be closed.</summary>
    public Stream Read()
    {
        _file.Position = 0;
        return _file;
    }

    public void Clear()
    {
        _file.SetLength(0);
        GiveBack();
    }

    public async ValueTask DisposeAsync()
    {
        await _file.DisposeAsync();
        GiveBack();
    }

    private void GiveBack()
    {
        _all.GiveBack(_room);
        _room = 0;
    }

    // What the content throws is the caller's.
    private async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        try
        {
            await _file.WriteAsync(bytes, ct);
        }
        catch (IOException e)
        {
            throw DiskErrors.Explain(e, "temporary files");
        }
    }
}
