using Amazon.S3.Model;
using Chat.BuildingBlocks.Errors;

namespace Chat.Modules.Media.Storage;

/// <summary>
/// An object, read in pieces: small ones where it is sought about in, larger ones where it is read on and on, so that a request brings no more than is wanted. What a
/// small jump ahead leaves out is read and forgotten, which is quicker than another request.
/// </summary>
internal sealed class S3ObjectStream(S3Bucket bucket, string key, long length) : Stream
{
    private const long SmallestPiece = 256 * 1024;
    private const long LargestPiece = 64 * 1024 * 1024;
    private const long MostForgotten = 256 * 1024;
    private const int ForgottenAtOnce = 16 * 1024;

    private GetObjectResponse? _piece;
    private long _position;

    // Where the piece stands: before the position, where some of it is to be forgotten.
    private long _piecePosition;
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
        if (_piece is null || _position < _piecePosition || _position >= _pieceEnd || _position - _piecePosition > MostForgotten)
            await NextPieceAsync(cancellationToken);
        for (var forgotten = Array.Empty<byte>(); _piecePosition < _position;)
        {
            forgotten = forgotten.Length > 0 ? forgotten : new byte[ForgottenAtOnce];
            await ReadPieceAsync(forgotten.AsMemory(0, (int)Math.Min(forgotten.Length, _position - _piecePosition)), cancellationToken);
        }
        var read = await ReadPieceAsync(buffer[..(int)Math.Min(buffer.Length, _pieceEnd - _position)], cancellationToken);
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
        return _position = position;
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
        if (_position < _pieceEnd || _position - _pieceEnd > MostForgotten)
            _nextPiece = SmallestPiece;
        var end = Math.Min(length, _position + _nextPiece);
        _piece = await S3Bucket.AskAsync(() => bucket.Client.GetObjectAsync(
            new GetObjectRequest { BucketName = bucket.Name, Key = key, ByteRange = new ByteRange(_position, end - 1) }, ct));
        (_piecePosition, _pieceEnd, _nextPiece) = (_position, end, Math.Min(_nextPiece * 4, LargestPiece));
    }

    private async Task<int> ReadPieceAsync(Memory<byte> buffer, CancellationToken ct)
    {
        var read = await S3Bucket.AskAsync(async () => await _piece!.ResponseStream.ReadAsync(buffer, ct));
        if (read == 0)
            throw new StoreUnavailableException("The bucket of the media broke off.");
        _piecePosition += read;
        return read;
    }
}
