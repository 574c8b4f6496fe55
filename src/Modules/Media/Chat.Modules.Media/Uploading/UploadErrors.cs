using Chat.BuildingBlocks.Errors;

namespace Chat.Modules.Media.Uploading;

/// <summary>The refusals of uploads.</summary>
internal static class UploadErrors
{
    public static Error QuotaExceeded { get; } =
        new(ErrorCodes.QuotaExceeded, "Your files would take more room than you have; delete some that no message has, and see /v1/media/usage.");

    public static Error TooManyAtOnce { get; } =
        new(ErrorCodes.RateLimited, "Too many of your uploads are under way; wait for one to end.", TimeSpan.FromSeconds(1));

    public static Error TooManyIncomplete { get; } =
        new(ErrorCodes.RateLimited, "You have too many unfinished uploads; finish or end some.", TimeSpan.FromSeconds(60));

    public static Error NoRoom { get; } = new(ErrorCodes.Unavailable, "The server has no room for the file now.", TimeSpan.FromSeconds(60));

    public static Error TooSlow { get; } = new(ErrorCodes.Unavailable, "The upload came too slowly, or not at all for too long.", TimeSpan.FromSeconds(1));

    public static Error Removed { get; } = new(ErrorCodes.NotFound, "The upload took so long that it was removed.");

    public static Error BadKey { get; } = Error.BadRequest("Idempotency-Key must be 1 to 128 visible ASCII characters.");

    public static Error TooLarge(long maxBytes) => new(ErrorCodes.TooLarge, $"A file may have at most {maxBytes} bytes.");
}

/// <summary>An upload is ended while its bytes are read.</summary>
internal sealed class UploadEndedException(Error error) : Exception(error.Text)
{
    public Error Error => error;
}
