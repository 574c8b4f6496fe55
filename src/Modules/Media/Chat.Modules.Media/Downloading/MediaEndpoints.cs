using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Http;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Media.Attaching;
using Chat.Modules.Media.Catalogue;
using Chat.Modules.Media.Collecting;
using Chat.Modules.Media.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Media.Downloading;

/// <summary>A file's bytes, what it is, its removal; and what a user's files take.</summary>
internal static class MediaEndpoints
{
    private static readonly Error InUse = new(ErrorCodes.Conflict, "A message has this file; delete the message.");

    public static void MapMedia(this IEndpointRouteBuilder routes, FileTransfer transfer)
    {
        routes.MapGet("/v1/media/{mediaId:length(36)}", ReadAsync)
            .WithTags("Media").WithSummary("A file's bytes.")
            .Produces(StatusCodes.Status200OK).Produces(StatusCodes.Status206PartialContent).Produces(StatusCodes.Status302Found).Produces(StatusCodes.Status304NotModified)
            .Produces(StatusCodes.Status412PreconditionFailed).Produces(StatusCodes.Status416RangeNotSatisfiable)
            .Refuses(ErrorCodes.NotFound, ErrorCodes.Quarantined).WithMetadata(DeviceRated.Metadata, transfer);
        routes.MapGet("/v1/media/{mediaId:length(36)}/info", DescribeAsync)
            .WithTags("Media").WithSummary("What a file is.")
            .Produces<MediaAnswer>().Refuses(ErrorCodes.NotFound).WithMetadata(DeviceRated.Metadata);
        routes.MapDelete("/v1/media/{mediaId:length(36)}", RemoveAsync)
            .WithTags("Media").WithSummary("Removes a file of the caller's, as long as no message has it.")
            .Produces(StatusCodes.Status204NoContent).Refuses(ErrorCodes.NotFound, ErrorCodes.Conflict).WithMetadata(DeviceRated.Metadata);
        routes.MapGet("/v1/media/usage", async (Caller caller, IMediaCatalogue catalogue, IOptions<MediaOptions> options, CancellationToken ct) =>
                new UsageAnswer(await catalogue.UsageAsync(caller.User, ct), options.Value.QuotaBytes))
            .WithTags("Media").WithSummary("The bytes of the caller's files, and how many they may be.").WithMetadata(DeviceRated.Metadata);
    }

    private static async Task ReadAsync(HttpContext context, string mediaId, Caller caller, MediaAccess access, MediaSender sender, CancellationToken ct)
    {
        var found = MediaId.TryParse(mediaId, null, out var id) ? await access.FindReadableAsync(id, caller.User, ct) : MediaErrors.NotFound;
        if (found.Error is { } refusal)
            await HttpErrors.ToProblem(refusal).ExecuteAsync(context);
        else
            await sender.SendAsync(context, found.Value, ct);
    }

    private static async Task<IResult> DescribeAsync(HttpContext context, string mediaId, Caller caller, MediaAccess access, CancellationToken ct) =>
        MediaId.TryParse(mediaId, null, out var id) && await access.FindAsync(id, caller.User, ct) is { } row
            ? Results.Json(MediaAnswer.Of(row, context))
            : HttpErrors.ToProblem(MediaErrors.NotFound);

    private static async Task<IResult> RemoveAsync(
        string mediaId, Caller caller, IMediaCatalogue catalogue, MediaCollector collector, MediaRemover remover, CancellationToken ct)
    {
        // The row before the uses: see IMediaCatalogue.KeepAsync.
        if (!MediaId.TryParse(mediaId, null, out var id) || await catalogue.FindAsync(id, ct) is not { IsThere: true } row || row.Uploader != caller.User)
            return HttpErrors.ToProblem(MediaErrors.NotFound);
        return !await collector.HasMessageAsync(id, ct) && await remover.TryRemoveAsync(row, ct)
            ? Results.NoContent()
            : HttpErrors.ToProblem(InUse);
    }

    private sealed record UsageAnswer(long Bytes, long Quota);
}
