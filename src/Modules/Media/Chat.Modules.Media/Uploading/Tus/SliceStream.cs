namespace Chat.Modules.Media.Uploading.Tus;

/// <summary>
/// A piece of a request's body. A body that breaks off ends the piece: what came counts, and <see cref="Fault"/> says why there is no more.
/// </summary>
/// <param name="most">Bytes after which the piece ends.</param>
/// <param name="onRead">Told of all bytes that are read.</param>
/// <param name="stopped">Ends the piece.</param>
internal sealed class SliceStream(Stream body, long most, Action<ReadOnlySpan<byte>> onRead, CancellationToken stopped) : ReadOnlyStream
{
    public long Bytes { get; private set; }

    /// <summary>Whether the body has no more.</summary>
    public bool IsAtEnd { get; private set; }

    public Exception? Fault { get; private set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (IsAtEnd || Bytes == most)
            return 0;
        try
        {
            var read = await body.ReadAsync(buffer[..(int)Math.Min(buffer.Length, most - Bytes)], stopped);
            IsAtEnd = read == 0;
            Bytes += read;
            onRead(buffer.Span[..read]);
            return read;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or UploadEndedException)
        {
            (Fault, IsAtEnd) = (e, true);
            return 0;
        }
    }
}
