using Amazon.S3.Model;
using Chat.BuildingBlocks.Errors;

namespace Chat.Modules.Media.Storage;

/// <summary>
/// An object, read in pieces: small ones where it is sought about in, larger ones where it is read on and on, so that a request brings no more than is wanted.
/// </summary>
internal sealed class S3ObjectStream(S3Bucket bucket, string key, long length) : Stream
{
    private const long SmallestPiece = 256 * 1024;
    private const long LargestPiece = 64 * 1024 * 1024;

    private GetObjectResponse? _piece;
    private long _position;
    private long _pieceEnd;
    private long _nextPiece = SmallestPiece;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set => Seek(value, SeekOrigin.Begin);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position >= length || buffer.IsEmpty)
            return 0;
        if (_piece is null || _position == _pieceEnd)
            await NextPieceAsync(cancellationToken);
        var most = (int)Math.Min(buffer.Length, _pieceEnd - _position);
        var read = await S3Bucket.AskAsync(async () => await _piece!.ResponseStream.ReadAsync(buffer[..most], cancellationToken));
        if (read == 0)
            throw new StoreUnavailableException("The bucket of the media broke off.");
        _position += read;
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    // For the readers of pictures, which are not asynchronous.
    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override int Read(Span<byte> buffer)
    {
        var copy = new byte[Math.Min(buffer.Length, 64 * 1024)];
        var read = Read(copy, 0, copy.Length);
        copy.AsSpan(0, read).CopyTo(buffer);
        return read;
    }

    public override long Seek(long offset, SeekOrigin origin)
    {
        var position = origin switch { SeekOrigin.Begin => offset, SeekOrigin.Current => _position + offset, _ => length + offset };
        ArgumentOutOfRangeException.ThrowIfNegative(position, nameof(offset));
        if (position == _position)
            return position;
        _piece?.Dispose();
        (_piece, _position, _nextPiece) = (null, position, SmallestPiece);
        return position;
    }

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _piece?.Dispose();
        base.Dispose(disposing);
    }

    private async Task NextPieceAsync(CancellationToken ct)
    {
        _piece?.Dispose();
        _piece = null;
        var end = Math.Min(length, _position + _nextPiece);
        _piece = await S3Bucket.AskAsync(() => bucket.Client.GetObjectAsync(
            new GetObjectRequest { BucketName = bucket.Name, Key = key, ByteRange = new ByteRange(_position, end - 1) }, ct));
        (_pieceEnd, _nextPiece) = (end, Math.Min(_nextPiece * 4, LargestPiece));
    }
}
