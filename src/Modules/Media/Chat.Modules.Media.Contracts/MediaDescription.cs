using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Media.Contracts;

/// <summary>What a stored file is, told by its bytes.</summary>
/// <param name="ContentType">A media type; <c>application/octet-stream</c> where the bytes are of no known kind.</param>
/// <param name="Size">Bytes as stored; 0 or more.</param>
/// <param name="Name">The uploader's name of the file, without path parts; null if none was given.</param>
/// <param name="Width">Pixels as shown, after orientation; null where there is no picture.</param>
/// <param name="Height">As the width.</param>
/// <param name="DurationMs">Of audio and video; null where unknown.</param>
/// <param name="Blurhash">A placeholder of the picture (blurha.sh); null where there is none.</param>
/// <param name="HasThumbnail">Whether <c>/thumbnail</c> answers with a picture.</param>
public sealed record MediaDescription(
    MediaId Id, string ContentType, long Size, string? Name, int? Width, int? Height, long? DurationMs, string? Blurhash, bool HasThumbnail);
