using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Http;
using Chat.Modules.Media.Catalogue;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Chat.Modules.Media.Uploading;

/// <summary><c>POST /v1/media/upload</c>: a raw body, or the part <c>file</c> of a multipart one.</summary>
internal static class UploadEndpoint
{
    private const string FilePart = "file";
    private const int MaxBoundaryLength = 100;
    private const int MaxOtherParts = 16;
    private const int MaxOtherBytes = 64 * 1024;
    private const int MaxKeyLength = 128;

    public static void MapUpload(this IEndpointRouteBuilder routes, FileTransfer transfer) => routes.MapPost("/v1/media/upload", UploadAsync)
        .WithTags("Media").WithSummary("Uploads a file: a raw body, or the part \"file\" of a multipart/form-data one.")
        .Produces<MediaAnswer>(StatusCodes.Status201Created)
        .Refuses(ErrorCodes.TooLarge, ErrorCodes.QuotaExceeded, ErrorCodes.NotFound).WithMetadata(DeviceRated.Metadata, transfer);

    private static async Task<IResult> UploadAsync(
        HttpContext context, Caller caller, Uploads uploads, IOptions<MediaOptions> options, TimeProvider clock, CancellationToken ct)
    {
        var key = context.Request.Headers["Idempotency-Key"] is { Count: > 0 } keys ? keys.ToString() : null;
        if (key is not null && (key.Length is 0 or > MaxKeyLength || key.AsSpan().ContainsAnyExceptInRange('!', '~')))
            return HttpErrors.ToProblem(UploadErrors.BadKey);
        await using var body = new PacedStream(context.Request.BodyReader, options.Value, clock);
        if (key is not null && await uploads.FindAsync(caller.User, key, ct) is { } first)
            return await RepeatAsync(context, first, body, options.Value.MaxBytes, ct);
        Result<MediaRow> result;
        try
        {
            result = MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type) && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
                ? await TakePartAsync(caller, key, type, body, uploads, ct)
                : await uploads.TakeAsync(
                    caller.User, FileName.Of(context.Request.Headers.ContentDisposition.ToString()), key, body, context.Request.ContentLength, ct);
        }
        catch (UploadEndedException e)
        {
            result = e.Error;
        }
        return result.Match(row => Results.Json(MediaAnswer.Of(row, context), statusCode: StatusCodes.Status201Created), HttpErrors.ToProblem);
    }

    // Read to its end, so that the client which is still sending gets the answer.
    private static async Task<IResult> RepeatAsync(HttpContext context, MediaRow first, PacedStream body, long most, CancellationToken ct)
    {
        var buffer = new byte[16 * 1024];
        var left = most;
        try
        {
            while (left > 0 && await body.ReadAsync(buffer, ct) is > 0 and var read)
                left -= read;
        }
        catch (UploadEndedException)
        {
            // Answered all the same.
        }
        return Results.Json(MediaAnswer.Of(first, context), statusCode: StatusCodes.Status201Created);
    }

    private static async Task<Result<MediaRow>> TakePartAsync(
        Caller caller, string? key, MediaTypeHeaderValue type, Stream body, Uploads uploads, CancellationToken ct)
    {
        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary).Value;
        if (boundary is not { Length: > 0 and <= MaxBoundaryLength })
            return Error.BadRequest("A multipart body needs a boundary of 1 to 100 characters.");
        var reader = new MultipartReader(boundary, body);
        try
        {
            for (var parts = 0; parts < MaxOtherParts && await reader.ReadNextSectionAsync(ct) is { } part; parts++)
            {
                var disposition = part.GetContentDispositionHeader();
                if (HeaderUtilities.RemoveQuotes(disposition?.Name ?? default).Value == FilePart)
                    return await uploads.TakeAsync(caller.User, FileName.Of(part.ContentDisposition), key, part.Body, null, ct);
                if (!await TrySkipAsync(part.Body, ct))
                    return Error.BadRequest("A part before the file is too large.");
            }
        }
        // The reader's own, where a part is malformed or the body ends before its last boundary; a client that has gone is another class of them.
        catch (Exception e) when (e is InvalidDataException || e.GetType() == typeof(IOException))
        {
            return Error.BadRequest("The multipart body is malformed.");
        }
        return Error.BadRequest("The multipart body has no part \"file\".");
    }

    private static async Task<bool> TrySkipAsync(Stream part, CancellationToken ct)
    {
        var buffer = new byte[4 * 1024];
        var skipped = 0;
        while (await part.ReadAsync(buffer, ct) is > 0 and var read)
        {
            skipped += read;
            if (skipped > MaxOtherBytes)
                return false;
        }
        return true;
    }
}
