namespace Chat.Modules.Media.Storage;

/// <summary>A temporary file for one part on its way to S3: the client signs what it sends, and so reads it twice. Gone when disposed, or with the process.</summary>
internal sealed class S3Spool : IAsyncDisposable
{
    private readonly FileStream _file = new(
        Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()),
        new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, BufferSize = 0, Options = FileOptions.Asynchronous | FileOptions.DeleteOnClose,
        });

    public long Length => _file.Length;

    /// <summary>Adds of a stream until the part has <paramref name="most"/> bytes. False where the stream ended before.</summary>
    public async Task<bool> FillAsync(Stream content, long most, CancellationToken ct)
    {
        var buffer = new byte[64 * 1024];
        _file.Seek(0, SeekOrigin.End);
        while (_file.Length < most)
        {
            var read = await content.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, most - _file.Length)), ct);
            if (read == 0)
                return false;
            await _file.WriteAsync(buffer.AsMemory(0, read), ct);
        }
        return true;
    }

    /// <summary>From its first byte. Not to be closed.</summary>
    public Stream Read()
    {
        _file.Position = 0;
        return _file;
    }

    public void Clear() => _file.SetLength(0);

    public ValueTask DisposeAsync() => _file.DisposeAsync();
}
