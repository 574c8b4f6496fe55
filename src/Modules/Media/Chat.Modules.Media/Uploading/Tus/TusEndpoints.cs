using System.Globalization;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Http;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Media.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Media.Uploading.Tus;

/// <summary><c>/v1/media/tus</c>: resumable uploads by tus 1.0.0 (tus.io/protocols/resumable-upload). HEAD comes in as GET.</summary>
internal static class TusEndpoints
{
    private const string Version = "1.0.0";
    private const string Extensions = "creation,creation-with-upload,expiration,checksum,termination";
    private const string BodyType = "application/offset+octet-stream";
    private const string Path = "/v1/media/tus";
    private const string UploadPath = Path + "/{mediaId:length(36)}";

    public static void MapTus(this IEndpointRouteBuilder routes, FileTransfer transfer)
    {
        routes.MapMethods(Path, [HttpMethods.Options], (HttpContext context, IOptions<MediaOptions> options) => Describe(context, options.Value))
            .AllowAnonymous().WithTags("Media").WithSummary("What of tus this server has.").Produces(StatusCodes.Status204NoContent);
        routes.MapPost(Path, CreateAsync)
            .WithTags("Media").WithSummary("Begins a resumable upload (tus 1.0.0).").Produces(StatusCodes.Status201Created)
            .RefusesWith(StatusCodes.Status412PreconditionFailed)
            .Refuses(ErrorCodes.TooLarge, ErrorCodes.QuotaExceeded, ErrorCodes.NotFound, ErrorCodes.Conflict).WithMetadata(DeviceRated.Metadata, transfer);
        Map(routes.MapGet(UploadPath, TellAsync), "How far a resumable upload has got (tus 1.0.0: HEAD).");
        Map(routes.MapPatch(UploadPath, AppendAsync), "Adds to a resumable upload (tus 1.0.0).");
        Map(routes.MapDelete(UploadPath, EndAsync), "Ends a resumable upload (tus 1.0.0).");
        Map(routes.MapPost(UploadPath, OverrideAsync), "What X-HTTP-Method-Override says (HEAD, PATCH, DELETE), where a proxy lets no other method through (tus 1.0.0).");

        void Map(RouteHandlerBuilder endpoint, string summary) => endpoint
            .WithTags("Media").WithSummary(summary).Produces(StatusCodes.Status204NoContent)
            .RefusesWith(StatusCodes.Status412PreconditionFailed, StatusCodes.Status415UnsupportedMediaType, StatusCodes.Status423Locked, TusErrors.ChecksumMismatch)
            .Refuses(ErrorCodes.NotFound, ErrorCodes.Conflict, ErrorCodes.TooLarge).WithMetadata(DeviceRated.Metadata, transfer);
    }

    private static IResult Describe(HttpContext context, MediaOptions options)
    {
        var headers = context.Response.Headers;
        headers["Tus-Resumable"] = headers["Tus-Version"] = Version;
        headers["Tus-Extension"] = Extensions;
        headers["Tus-Checksum-Algorithm"] = Checksum.Algorithms;
        headers["Tus-Max-Size"] = options.MaxBytes.ToString(CultureInfo.InvariantCulture);
        return Results.NoContent();
    }

    private static async Task<IResult> CreateAsync(
        HttpContext context, Caller caller, TusUploads uploads, IOptions<MediaOptions> options, TimeProvider clock, CancellationToken ct)
    {
        if (RefuseVersion(context) is { } refused)
            return refused;
        if (Number(context, "Upload-Length") is not { } length || !UploadMetadata.TryRead(context.Request.Headers["Upload-Metadata"].ToString(), out var name)
            || !TryGetChecksum(context, out var checksum))
            return TusErrors.ToProblem(TusErrors.WrongHeaders);
        using var verified = checksum;
        var created = await uploads.CreateAsync(caller.User, name, length, ct);
        if (created.Error is { } refusal)
            return TusErrors.ToProblem(refusal);
        context.Response.Headers.Location =
            $"{context.Request.Scheme}://{context.Request.Host}{context.Request.PathBase}{Path}/{created.Value.Id}";
        if (context.Request.ContentType is BodyType && !created.Value.IsFinished)
        {
            await using var body = new PacedStream(context.Request.BodyReader, options.Value, clock);
            var appended = await uploads.AppendAsync(caller.User, created.Value.Id, 0, body, verified, ct);
            // The upload is there whatever became of its first bytes: the client asks how far it has got.
            created = appended.IsOk ? appended : created;
        }
        Tell(context, created.Value);
        return Results.StatusCode(StatusCodes.Status201Created);
    }

    private static async Task<IResult> TellAsync(HttpContext context, string mediaId, Caller caller, TusUploads uploads, CancellationToken ct)
    {
        if (RefuseVersion(context) is { } refused)
            return refused;
        var found = MediaId.TryParse(mediaId, null, out var id) ? await uploads.FindAsync(caller.User, id, ct) : MediaErrors.NotFound;
        if (found.Error is { } refusal)
            return TusErrors.ToProblem(refusal);
        context.Response.Headers["Upload-Length"] = found.Value.Length.ToString(CultureInfo.InvariantCulture);
        return Answer(context, found.Value);
    }

    private static async Task<IResult> AppendAsync(
        HttpContext context, string mediaId, Caller caller, TusUploads uploads, IOptions<MediaOptions> options, TimeProvider clock, CancellationToken ct)
    {
        if (RefuseVersion(context) is { } refused)
            return refused;
        if (context.Request.ContentType is not BodyType)
            return TusErrors.ToProblem(TusErrors.WrongType);
        if (Number(context, "Upload-Offset") is not { } offset || !TryGetChecksum(context, out var checksum))
            return TusErrors.ToProblem(TusErrors.WrongHeaders);
        using var verified = checksum;
        await using var body = new PacedStream(context.Request.BodyReader, options.Value, clock);
        var appended = MediaId.TryParse(mediaId, null, out var id)
            ? await uploads.AppendAsync(caller.User, id, offset, body, verified, ct)
            : MediaErrors.NotFound;
        return appended.Match(progress => Answer(context, progress), TusErrors.ToProblem);
    }

    private static async Task<IResult> EndAsync(HttpContext context, string mediaId, Caller caller, TusUploads uploads, CancellationToken ct)
    {
        if (RefuseVersion(context) is { } refused)
            return refused;
        var refusal = MediaId.TryParse(mediaId, null, out var id) ? await uploads.EndAsync(caller.User, id, ct) : MediaErrors.NotFound;
        return refusal is null ? Results.NoContent() : TusErrors.ToProblem(refusal);
    }

    private static Task<IResult> OverrideAsync(
        HttpContext context, string mediaId, Caller caller, TusUploads uploads, IOptions<MediaOptions> options, TimeProvider clock, CancellationToken ct) =>
        context.Request.Headers["X-HTTP-Method-Override"].ToString() switch
        {
            "HEAD" => TellAsync(context, mediaId, caller, uploads, ct),
            "PATCH" => AppendAsync(context, mediaId, caller, uploads, options, clock, ct),
            "DELETE" => EndAsync(context, mediaId, caller, uploads, ct),
            _ => Task.FromResult(TusErrors.ToProblem(TusErrors.WrongMethod)),
        };

    // Every answer says the version.
    private static IResult? RefuseVersion(HttpContext context)
    {
        context.Response.Headers["Tus-Resumable"] = Version;
        if (context.Request.Headers["Tus-Resumable"] == Version)
            return null;
        context.Response.Headers["Tus-Version"] = Version;
        return TusErrors.ToProblem(TusErrors.WrongVersion);
    }

    private static IResult Answer(HttpContext context, TusProgress progress)
    {
        Tell(context, progress);
        return Results.NoContent();
    }

    private static void Tell(HttpContext context, TusProgress progress)
    {
        var headers = context.Response.Headers;
        headers["Upload-Offset"] = progress.Offset.ToString(CultureInfo.InvariantCulture);
        if (progress.IsFinished)
            headers["Upload-Media-Id"] = progress.Id.ToString();
        else
            headers["Upload-Expires"] = progress.Expires.ToString("R", CultureInfo.InvariantCulture);
    }

    private static long? Number(HttpContext context, string header) =>
        long.TryParse(context.Request.Headers[header].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    // None is fine.
    private static bool TryGetChecksum(HttpContext context, out Checksum? checksum)
    {
        var header = context.Request.Headers["Upload-Checksum"].ToString();
        checksum = header.Length == 0 ? null : Checksum.Parse(header);
        return header.Length == 0 || checksum is not null;
    }
}
