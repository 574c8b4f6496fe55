using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Media.Attaching;
using Chat.Modules.Media.Catalogue;
using Chat.Modules.Media.Contracts;

namespace Chat.Modules.Media.Downloading;

/// <summary>Files whose bytes may be read: not those that the virus scan holds back.</summary>
internal static class ReadableMedia
{
    private static readonly Error Scanning = new(ErrorCodes.Unavailable, "The virus scan of this file is still under way.", TimeSpan.FromSeconds(1));

    /// <summary>
    /// Refusals: <see cref="MediaErrors.NotFound"/>, also for a file that the user may not read; <see cref="MediaErrors.Quarantined"/>; <c>unavailable</c> until the
    /// virus scan has answered.
    /// </summary>
    public static async Task<Result<MediaRow>> FindReadableAsync(this MediaAccess access, MediaId id, UserId reader, CancellationToken ct) =>
        await access.FindAsync(id, reader, ct) switch
        {
            null => MediaErrors.NotFound,
            { State: MediaState.Quarantined } => MediaErrors.Quarantined,
            { State: MediaState.Scanning } => Scanning,
            var row => row,
        };
}
