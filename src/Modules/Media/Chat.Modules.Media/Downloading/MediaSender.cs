using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Http;
using Chat.Modules.Media.Catalogue;
using Chat.Modules.Media.Storage;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Chat.Modules.Media.Downloading;

/// <summary>Answers with a file's bytes to somebody who may read it: all of them, one range or several (RFC 9110 §14), or none where the client has them.</summary>
internal sealed class MediaSender(IMediaStore store, MediaMetrics metrics, IOptions<MediaOptions> options, ILogger<MediaSender> log)
{
    private const int PieceBytes = 64 * 1024;

    private static readonly TimeSpan SignedFor = TimeSpan.FromMinutes(5);

    public async Task SendAsync(HttpContext context, MediaRow row, CancellationToken ct)
    {
        // An entity tag of the content: the same bytes have the same one in every file.
        var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(row.Hash.AsSpan(0, 16))}\"");
        var asked = context.Request.GetTypedHeaders();
        if (asked.IfMatch.Count > 0 && !asked.IfMatch.Any(one => one.Equals(EntityTagHeaderValue.Any) || one.Compare(tag, useStrongComparison: true)))
        {
            Refuse(context, StatusCodes.Status412PreconditionFailed);
            return;
        }
        if (asked.IfNoneMatch.Any(one => one.Equals(EntityTagHeaderValue.Any) || one.Compare(tag, useStrongComparison: false)))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            MediaHeaders.WriteCaching(context.Response, tag);
            return;
        }
        if (options.Value.Delivery == MediaDelivery.Redirect && Sign(row) is { } address)
        {
            context.Response.StatusCode = StatusCodes.Status302Found;
            context.Response.Headers.Location = address.AbsoluteUri;
            return;
        }
        var ranges = HeadRequest.Is(context) ? null : AskedRanges.Of(asked, tag, row.Size, options.Value.MaxRanges);
        if (ranges is { Count: 0 })
        {
            Refuse(context, StatusCodes.Status416RangeNotSatisfiable);
            context.Response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes */{row.Size}");
            return;
        }
        MediaHeaders.Write(context.Response, row, tag);
        await SendAsync(context, row, ranges, ct);
    }

    private Uri? Sign(MediaRow row) =>
        store.Sign(row.BlobKey, new SignedAnswer(SignedFor, MediaHeaders.ContentTypeOf(row), MediaHeaders.DispositionOf(row)));

    // Without a body: whoever sends conditions and ranges reads the status.
    private static void Refuse(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        if (context.Features.Get<IStatusCodePagesFeature>() is { } pages)
            pages.Enabled = false;
    }

    private async Task SendAsync(HttpContext context, MediaRow row, IReadOnlyList<ByteRange>? ranges, CancellationToken ct)
    {
        await using var file = HeadRequest.Is(context) ? null : await store.OpenAsync(row.BlobKey, ct);
        if (file is null && !HeadRequest.Is(context))
        {
            log.BytesMissing(row.Id);
            throw new StoreUnavailableException("A file's bytes are not in the store.");
        }
        var response = context.Response;
        response.ContentLength = row.Size;
        switch (ranges)
        {
            case null when file is not null:
                await CopyAsync(file, new ByteRange(0, row.Size), response.BodyWriter, ct);
                break;
            case [var range]:
                response.StatusCode = StatusCodes.Status206PartialContent;
                response.ContentLength = range.Length;
                response.Headers.ContentRange = range.ToContentRange(row.Size);
                await CopyAsync(file!, range, response.BodyWriter, ct);
                break;
            case not null:
                await SendPartsAsync(response, row, ranges, file!, ct);
                break;
        }
    }

    private async Task SendPartsAsync(HttpResponse response, MediaRow row, IReadOnlyList<ByteRange> ranges, Stream file, CancellationToken ct)
    {
        // Of 122 random bits: it is in no file but by chance.
        var boundary = Guid.CreateVersion7().ToString("N");
        var type = response.ContentType!;
        var heads = ranges.Select(range => Encoding.ASCII.GetBytes(
            $"\r\n--{boundary}\r\nContent-Type: {type}\r\nContent-Range: {range.ToContentRange(row.Size)}\r\n\r\n")).ToList();
        var tail = Encoding.ASCII.GetBytes($"\r\n--{boundary}--\r\n");
        response.StatusCode = StatusCodes.Status206PartialContent;
        response.ContentType = $"multipart/byteranges; boundary={boundary}";
        response.ContentLength = heads.Sum(head => (long)head.Length) + ranges.Sum(range => range.Length) + tail.Length;
        for (var i = 0; i < ranges.Count; i++)
        {
            await response.BodyWriter.WriteAsync(heads[i], ct);
            await CopyAsync(file, ranges[i], response.BodyWriter, ct);
        }
        await response.BodyWriter.WriteAsync(tail, ct);
    }

    private async Task CopyAsync(Stream file, ByteRange range, PipeWriter client, CancellationToken ct)
    {
        if (range.Offset != file.Position)
            file.Position = range.Offset;
        for (var left = range.Length; left > 0;)
        {
            // A client is given time for a write by its size: after a small one it could be too slow while the kernel still has megabytes for it.
            var piece = (int)Math.Min(left, PieceBytes);
            var read = await file.ReadAtLeastAsync(client.GetMemory(piece)[..piece], piece, throwOnEndOfStream: false, ct);
            if (read < piece)
                throw new StoreUnavailableException("A file in the store is shorter than it was.");
            client.Advance(read);
            left -= read;
            metrics.Sent(read);
            if ((await client.FlushAsync(ct)).IsCompleted)
                return;
        }
    }
}
