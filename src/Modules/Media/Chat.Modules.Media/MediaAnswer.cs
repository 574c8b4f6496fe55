using Chat.BuildingBlocks.Ids;
using Chat.Modules.Media.Catalogue;
using Microsoft.AspNetCore.Http;

namespace Chat.Modules.Media;

/// <summary>A file as clients are told of it.</summary>
/// <param name="MediaUrl">Paths on this server.</param>
/// <param name="ThumbnailUrl">Left out where there is no thumbnail.</param>
internal sealed record MediaAnswer(
    MediaId MediaId, string MediaUrl, string ContentType, long Size, string? Name, int? Width, int? Height, long? DurationMs, string? Blurhash,
    string? ThumbnailUrl)
{
    public static MediaAnswer Of(MediaRow row, HttpContext context)
    {
        var url = $"{context.Request.PathBase}/v1/media/{row.Id}";
        return new MediaAnswer(
            row.Id, url, row.ContentType, row.Size, row.Name, row.Width, row.Height, row.DurationMs, row.Blurhash, row.HasThumbnail ? $"{url}/thumbnail" : null);
    }
}
