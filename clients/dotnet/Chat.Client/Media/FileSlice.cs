using System.Net;
using System.Net.Http.Headers;

namespace Chat.Client;

/// <summary>The body of a request: a part of a stream that can seek.</summary>
internal sealed class FileSlice : HttpContent
{
    private const int PieceBytes = 64 * 1024;
    private readonly Stream _file;
    private readonly long _offset;
    private readonly long _length;

    public FileSlice(Stream file, long offset, long length, string contentType)
    {
        (_file, _offset, _length) = (file, offset, length);
        Headers.ContentType = MediaTypeHeaderValue.TryParse(contentType, out var type) ? type : new MediaTypeHeaderValue(FileToSend.UnknownType);
    }

    /// <summary>Called with the bytes of this part that have left.</summary>
    public Action<long> OnSent { get; set; } = _ => { };

    /// <summary>The file could not be read: no fault of the network.</summary>
    public Exception? Unreadable { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var piece = new byte[Math.Min(PieceBytes, _length)];
        for (var sent = 0L; sent < _length;)
        {
            var read = await ReadAsync(piece.AsMemory(0, (int)Math.Min(piece.Length, _length - sent)), sent, cancellationToken);
            await stream.WriteAsync(piece.AsMemory(0, read), cancellationToken);
            sent += read;
            OnSent(sent);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _length;
        return true;
    }

    private async Task<int> ReadAsync(Memory<byte> piece, long sent, CancellationToken ct)
    {
        try
        {
            _file.Position = _offset + sent;
            return await _file.ReadAsync(piece, ct) is > 0 and var read ? read : throw new EndOfStreamException("The file has become shorter.");
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Unreadable = e;
            throw;
        }
    }
}
