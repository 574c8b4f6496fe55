using System.Security.Cryptography;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Media.Catalogue;

namespace Chat.Modules.Media.Uploading;

/// <summary>
/// A file as it comes: hashed and counted, and its bytes taken of the quota before they are handed on. Reads throw <see cref="UploadEndedException"/> where there
/// are too many.
/// </summary>
/// <param name="reserved">Bytes of the file for which the quota was taken before.</param>
internal sealed class MeasuredStream(Stream file, UserId uploader, MediaId id, long reserved, IMediaCatalogue catalogue, MediaOptions options) : ReadOnlyStream
{
    /// <summary>As much is taken at a time where the size is not known.</summary>
    private const long Step = 8 * 1024 * 1024;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _reserved = options.QuotaOf(reserved);

    public long Bytes { get; private set; }

    /// <summary>SHA-256 of what was read. Once, at the end.</summary>
    public byte[] TakeHash() => _hash.GetHashAndReset();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await file.ReadAsync(buffer, cancellationToken);
        Bytes += read;
        if (Bytes > options.MaxBytes)
            throw new UploadEndedException(UploadErrors.TooLarge(options.MaxBytes));
        if (Bytes > _reserved)
            await ReserveMoreAsync(cancellationToken);
        _hash.AppendData(buffer.Span[..read]);
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _hash.Dispose();
        base.Dispose(disposing);
    }

    private async Task ReserveMoreAsync(CancellationToken ct)
    {
        // The last step of a quota may be a small one.
        foreach (var bytes in new[] { options.QuotaOf(Math.Min(Bytes + Step, options.MaxBytes)), options.QuotaOf(Bytes) })
        {
            if (!await catalogue.TryReserveAsync(uploader, id, bytes, options.QuotaBytes, ct))
                continue;
            _reserved = bytes;
            return;
        }
        throw new UploadEndedException(UploadErrors.QuotaExceeded);
    }
}
