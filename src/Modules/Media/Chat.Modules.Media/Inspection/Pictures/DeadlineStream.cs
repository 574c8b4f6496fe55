namespace Chat.Modules.Media.Inspection.Pictures;

/// <summary>A file as native code reads it: nothing is thrown through it, and after the deadline it has ended.</summary>
internal sealed class DeadlineStream(Stream file, TimeProvider clock, TimeSpan within, CancellationToken ct) : Stream
{
    private readonly long _start = clock.GetTimestamp();

    /// <summary>Why the file could not be read on; null if it could.</summary>
    public Exception? Fault { get; private set; }

    public bool IsLate { get; private set; }

    public override bool CanRead => true;
    public override bool CanSeek => true;
    public override bool CanWrite => false;
    public override long Length => file.Length;

    public override long Position
    {
        get => file.Position;
        set => Seek(value, SeekOrigin.Begin);
    }

    public override int Read(Span<byte> buffer)
    {
        try
        {
            ct.ThrowIfCancellationRequested();
            IsLate |= clock.GetElapsedTime(_start) > within;
            return IsLate || Fault is not null ? 0 : file.Read(buffer);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or UnauthorizedAccessException)
        {
            Fault ??= e;
            return 0;
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin)
    {
        try
        {
            return file.Seek(offset, origin);
        }
        catch (Exception e) when (e is IOException or ArgumentException or ObjectDisposedException)
        {
            Fault ??= e;
            return file.Position;
        }
    }

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
