using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Http;
using Microsoft.AspNetCore.Http;

namespace Chat.Modules.Media.Uploading.Tus;

/// <summary>The refusals of resumable uploads, with the statuses of tus 1.0.0.</summary>
internal static class TusErrors
{
    public const int ChecksumMismatch = 460;

    public static Error Held { get; } = new(ErrorCodes.Unavailable, "Another request writes to this upload.", TimeSpan.FromSeconds(1));

    public static Error WrongOffset { get; } = new(ErrorCodes.Conflict, "The upload does not stand at this Upload-Offset; ask with HEAD where it does.");

    public static Error WrongChecksum { get; } = new(ErrorCodes.Conflict, "The body does not have this checksum; nothing of it counts.");

    public static Error WrongVersion { get; } = Error.BadRequest("Tus-Resumable must be 1.0.0.");

    public static Error WrongMethod { get; } = Error.BadRequest("A POST to an upload needs X-HTTP-Method-Override: HEAD, PATCH or DELETE.");

    public static Error WrongType { get; } = Error.BadRequest("The body must be application/offset+octet-stream.");

    public static Error WrongHeaders { get; } = Error.BadRequest("Upload-Length, Upload-Offset, Upload-Metadata or Upload-Checksum is missing or malformed.");

    public static IResult ToProblem(Error error) => HttpErrors.ToProblem(error, StatusOf(error));

    private static int StatusOf(Error error) =>
        error == Held ? StatusCodes.Status423Locked
        : error == WrongChecksum ? ChecksumMismatch
        : error == WrongVersion ? StatusCodes.Status412PreconditionFailed
        : error == WrongType ? StatusCodes.Status415UnsupportedMediaType
        : HttpErrors.StatusOf(error.Code);
}
