using System.Net;
using System.Text.Json;
using Amazon.S3;
using Amazon.S3.Model;
using Chat.BuildingBlocks.Errors;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Media.Storage;

/// <summary>
/// A bucket. Bytes are where <see cref="BlobPath"/> says. Larger files are sent in parts; of an upload in several calls what is less than a part is an object of
/// its own, <c>….tail.OFFSET</c>, until there is more.
/// </summary>
internal sealed class S3MediaStore(S3Bucket bucket, S3Spools spools, IOptions<MediaOptions> options, TimeProvider clock) : IMediaStore
{
    private const long LeastPartBytes = 8 * 1024 * 1024;

    // S3 has 10 000; some are left for parts that were cut short.
    private const int MaxParts = 9_000;

    private readonly long _partBytes = Math.Max(LeastPartBytes, options.Value.MaxBytes / MaxParts);

    private AmazonS3Client Client => bucket.Client;

    public async Task WriteAsync(string key, Stream content, CancellationToken ct)
    {
        await using var spool = spools.Open();
        if (!await spool.FillAsync(content, _partBytes, ct))
        {
            await PutAsync(PathOf(key), spool, ct);
            return;
        }
        var upload = await BeginAsync(key, ct);
        try
        {
            var parts = new List<PartETag>();
            for (var isMore = true; isMore || spool.Length > 0;)
            {
                parts.Add(await SendPartAsync(key, upload, parts.Count + 1, spool, ct));
                isMore = isMore && await spool.FillAsync(content, _partBytes, ct);
            }
            await CompleteAsync(key, upload, parts, ct);
        }
        catch
        {
            await AbortAsync(key, upload);
            throw;
        }
    }

    public async Task<Stream?> OpenAsync(string key, CancellationToken ct)
    {
        var path = PathOf(key);
        return await LengthAsync(path, ct) is { } length ? new S3ObjectStream(bucket, path, length) : null;
    }

    public Task DeleteAsync(string key, CancellationToken ct) => DeletePathAsync(PathOf(key), ct);

    public async Task<StoreProgress> AppendAsync(string key, StoreProgress at, Stream content, CancellationToken ct)
    {
        var before = S3Progress.Read(at.State);
        var (upload, parts, bytes) = (before.Upload, before.Parts, at.Bytes - before.Tail);
        await using var spool = spools.Open();
        await ReadTailAsync(key, at.Bytes, before.Tail, spool, ct);
        while (await spool.FillAsync(content, _partBytes, ct))
        {
            upload ??= await BeginAsync(key, ct);
            bytes += spool.Length;
            await SendPartAsync(key, upload, ++parts, spool, ct);
        }
        var tail = spool.Length;
        if (bytes + tail == at.Bytes)
            return at;
        if (tail > 0)
            await PutAsync(TailOf(key, bytes + tail), spool, ct);
        // The tail before this call's stays until its progress is entered.
        if (before.OldTail is { } old)
            await DeletePathAsync(TailOf(key, old), ct);
        return new StoreProgress(bytes + tail, new S3Progress(upload, parts, tail, before.Tail > 0 ? at.Bytes : null).Write());
    }

    public async Task TakeBackAsync(string key, StoreProgress at, StoreProgress added, CancellationToken ct)
    {
        var (before, after) = (S3Progress.Read(at.State), S3Progress.Read(added.State));
        if (after.Upload is { } upload && upload != before.Upload)
            await AbortAsync(key, upload);
        // Parts that count as little are overwritten by the next.
        if (after.Tail > 0 && added.Bytes != at.Bytes)
            await DeletePathAsync(TailOf(key, added.Bytes), ct);
    }

    public async Task CompleteAsync(string key, StoreProgress at, CancellationToken ct)
    {
        // Completed by a call that was not answered.
        if (await LengthAsync(PathOf(key), ct) == at.Bytes)
        {
            await DiscardAsync(key, ct);
            return;
        }
        var progress = S3Progress.Read(at.State);
        await using var spool = spools.Open();
        await ReadTailAsync(key, at.Bytes, progress.Tail, spool, ct);
        if (progress.Upload is not { } upload)
        {
            await PutAsync(PathOf(key), spool, ct);
        }
        else
        {
            var parts = await PartsAsync(key, upload, progress.Parts, ct);
            if (spool.Length > 0)
                parts.Add(await SendPartAsync(key, upload, progress.Parts + 1, spool, ct));
            await CompleteAsync(key, upload, parts, ct);
        }
        await DiscardAsync(key, ct);
    }

    public async Task DiscardAsync(string key, CancellationToken ct)
    {
        var path = PathOf(key);
        var uploads = await S3Bucket.AskAsync(() => Client.ListMultipartUploadsAsync(new ListMultipartUploadsRequest { BucketName = bucket.Name, Prefix = path }, ct));
        foreach (var upload in (uploads.MultipartUploads ?? []).Where(upload => upload.Key == path))
            await AbortAsync(key, upload.UploadId);
        var tails = await S3Bucket.AskAsync(() => Client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = bucket.Name, Prefix = $"{path}.tail." }, ct));
        foreach (var tail in tails.S3Objects ?? [])
            await DeletePathAsync(tail.Key, ct);
    }

    public Uri? Sign(string key, SignedAnswer answer) => bucket.Sign(PathOf(key), answer, clock.GetUtcNow());

    private string PathOf(string key) => bucket.KeyOf(BlobPath.Of(key));

    private string TailOf(string key, long bytes) => $"{PathOf(key)}.tail.{bytes}";

    private async Task<long?> LengthAsync(string path, CancellationToken ct) => await S3Bucket.AskAsync<long?>(async () =>
    {
        try
        {
            return (await Client.GetObjectMetadataAsync(bucket.Name, path, ct)).ContentLength;
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    });

    private async Task ReadTailAsync(string key, long bytes, long tail, S3Spool spool, CancellationToken ct)
    {
        if (tail == 0)
            return;
        await using var stored = new S3ObjectStream(bucket, TailOf(key, bytes), tail);
        await spool.FillAsync(stored, tail, ct);
    }

    private Task<PutObjectResponse> PutAsync(string path, S3Spool spool, CancellationToken ct) => S3Bucket.AskAsync(() => Client.PutObjectAsync(
        new PutObjectRequest { BucketName = bucket.Name, Key = path, InputStream = spool.Read(), AutoCloseStream = false, UseChunkEncoding = false }, ct));

    private async Task<string> BeginAsync(string key, CancellationToken ct) => (await S3Bucket.AskAsync(
        () => Client.InitiateMultipartUploadAsync(new InitiateMultipartUploadRequest { BucketName = bucket.Name, Key = PathOf(key) }, ct))).UploadId;

    private async Task<PartETag> SendPartAsync(string key, string upload, int number, S3Spool spool, CancellationToken ct)
    {
        var sent = await S3Bucket.AskAsync(() => Client.UploadPartAsync(
            new UploadPartRequest
            {
                BucketName = bucket.Name,
                Key = PathOf(key),
                UploadId = upload,
                PartNumber = number,
                PartSize = spool.Length,
                InputStream = spool.Read(),
                UseChunkEncoding = false,
            },
            ct));
        spool.Clear();
        return new PartETag(number, sent.ETag);
    }

    private async Task<List<PartETag>> PartsAsync(string key, string upload, int count, CancellationToken ct)
    {
        var parts = new List<PartETag>();
        var request = new ListPartsRequest { BucketName = bucket.Name, Key = PathOf(key), UploadId = upload };
        while (true)
        {
            var page = await S3Bucket.AskAsync(() => Client.ListPartsAsync(request, ct));
            // Parts above were sent by a call that was not counted.
            parts.AddRange((page.Parts ?? []).Where(part => part.PartNumber <= count).Select(part => new PartETag(part.PartNumber!.Value, part.ETag)));
            if (page.IsTruncated is not true)
                break;
            request.PartNumberMarker = page.NextPartNumberMarker?.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
        return parts.Count == count ? parts : throw new StoreUnavailableException("The bucket of the media has not all parts of an upload.");
    }

    private Task<CompleteMultipartUploadResponse> CompleteAsync(string key, string upload, List<PartETag> parts, CancellationToken ct) => S3Bucket.AskAsync(() => Client.CompleteMultipartUploadAsync(
        new CompleteMultipartUploadRequest { BucketName = bucket.Name, Key = PathOf(key), UploadId = upload, PartETags = parts }, ct));

    // Whatever becomes of it, the collector discards what is left.
    private async Task AbortAsync(string key, string upload)
    {
        try
        {
            await Client.AbortMultipartUploadAsync(bucket.Name, PathOf(key), upload, CancellationToken.None);
        }
        catch (Exception e) when (e is Amazon.Runtime.AmazonServiceException or Amazon.Runtime.AmazonClientException or HttpRequestException)
        {
            // Gone, or the service does not answer.
        }
    }

    private Task<DeleteObjectResponse> DeletePathAsync(string path, CancellationToken ct) => S3Bucket.AskAsync(() => Client.DeleteObjectAsync(bucket.Name, path, ct));

    /// <summary>The state of a <see cref="StoreProgress"/>.</summary>
    /// <param name="Upload">S3's id of the upload in parts; null while there is none.</param>
    /// <param name="Parts">Those that are sent; their numbers begin with 1.</param>
    /// <param name="Tail">Bytes after them, in an object.</param>
    /// <param name="OldTail">The offset of a tail that nobody needs any more.</param>
    private sealed record S3Progress(string? Upload, int Parts, long Tail, long? OldTail)
    {
        public static S3Progress Read(string? state) => state is null ? new S3Progress(null, 0, 0, null) : JsonSerializer.Deserialize<S3Progress>(state)!;

        public string Write() => JsonSerializer.Serialize(this);
    }
}
