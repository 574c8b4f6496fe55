using System.Globalization;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Http;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Media.Attaching;
using Chat.Modules.Media.Catalogue;
using Chat.Modules.Media.Contracts;
using Chat.Modules.Media.Downloading;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace Chat.Modules.Media.Thumbnails;

/// <summary>A small picture of a picture or a video.</summary>
internal static class ThumbnailEndpoint
{
    public const string ContentType = "image/webp";

    private const int DefaultWidth = 320;

    public static readonly Error BadWidth = Error.BadRequest("w is a number of pixels, 1 or more.");

    public static void MapThumbnails(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/media/{mediaId:length(36)}/thumbnail", async (
                HttpContext context, string mediaId, string? w, Caller caller, MediaAccess access, ThumbnailMaker maker, CancellationToken ct) =>
            {
                if (!TryReadWidth(w, out var width))
                    return HttpErrors.ToProblem(BadWidth);
                var found = MediaId.TryParse(mediaId, null, out var id) ? await access.FindReadableAsync(id, caller.User, ct) : MediaErrors.NotFound;
                return found.Error is { } refusal ? HttpErrors.ToProblem(refusal) : await AnswerAsync(context, found.Value, width, maker, ct);
            })
            .WithTags("Media").WithSummary("A picture's or video's thumbnail, as WebP: 160, 320, 640 or 1280 pixels wide, the next larger than asked for, and never larger than the picture.")
            .Produces(StatusCodes.Status200OK, contentType: ContentType).Produces(StatusCodes.Status304NotModified)
            .Refuses(ErrorCodes.NotFound, ErrorCodes.Quarantined).WithMetadata(DeviceRated.Metadata);

    /// <summary>Answers somebody who may read the file.</summary>
    public static async Task<IResult> AnswerAsync(HttpContext context, MediaRow row, int width, ThumbnailMaker maker, CancellationToken ct)
    {
        var opened = await maker.OpenAsync(row, width, ct);
        if (opened.Error is { } refusal)
            return HttpErrors.ToProblem(refusal);
        if (opened.Value is not { } thumbnail)
            return HttpErrors.ToProblem(MediaErrors.NotFound);
        // The same content has the same thumbnails in every file.
        var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(row.Hash.AsSpan(0, 16))}-{ThumbnailSteps.For(width, row.Width)}\"");
        MediaHeaders.WriteCaching(context.Response, tag);
        return Results.Stream(thumbnail, ContentType, entityTag: tag);
    }

    /// <param name="text">Left out: the width for a list.</param>
    public static bool TryReadWidth(string? text, out int width)
    {
        width = DefaultWidth;
        return text is null || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out width) && width > 0);
    }
}
