using Chat.BuildingBlocks.Ids;
using Chat.Modules.Media.Catalogue;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Media.Collecting;

/// <summary>Log lines of the collector, 6600 to 6699.</summary>
internal static partial class CollectingLogs
{
    [LoggerMessage(EventId = 6601, Level = LogLevel.Debug, Message = "The file {Media}, which was {State}, is removed: no message has it")]
    public static partial void Collected(this ILogger log, MediaId media, MediaState state);

    [LoggerMessage(EventId = 6602, Level = LogLevel.Error, Message = "Whether {Kind} {Id} is still needed could not be told; it is looked at again in an hour")]
    public static partial void NotCollected(this ILogger log, string kind, string id, Exception e);
}
