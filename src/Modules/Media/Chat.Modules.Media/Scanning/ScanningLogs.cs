using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Media.Scanning;

/// <summary>Log lines of the virus scan.</summary>
internal static partial class ScanningLogs
{
    [LoggerMessage(EventId = 6721, Level = LogLevel.Warning, Message = "The virus scan found {Signature} in {Media}, which {Uploader} uploaded; nobody may read it")]
    public static partial void VirusFound(this ILogger log, string signature, MediaId media, UserId uploader);

    [LoggerMessage(EventId = 6722, Level = LogLevel.Warning, Message = "{Media} was not scanned: clamd as in Media:ClamAv failed, {Reason}; the file is held back, and scanned again in {Seconds} s")]
    public static partial void NotScanned(this ILogger log, MediaId media, string reason, int seconds);
}
