using System.Net;
using System.Security.Cryptography;

namespace Chat.Bench.Transfers;

/// <summary>A body of random bytes, another one each time, so that nothing is stored already. Made without reading a disk.</summary>
internal sealed class TestFile : HttpContent
{
    private static readonly byte[] Piece = RandomNumberGenerator.GetBytes(1024 * 1024);
    private readonly byte[] _first = [.. RandomNumberGenerator.GetBytes(16), .. Piece.AsSpan(16)];
    private readonly int _mebibytes;

    public TestFile(int mebibytes)
    {
        _mebibytes = mebibytes;
        Headers.ContentType = new("application/octet-stream");
    }

    public byte[] Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var i = 0; i < _mebibytes; i++)
            hash.AppendData(i == 0 ? _first : Piece);
        return hash.GetHashAndReset();
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        for (var i = 0; i < _mebibytes; i++)
            await stream.WriteAsync(i == 0 ? _first : Piece, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = (long)_mebibytes * Piece.Length;
        return true;
    }
}
