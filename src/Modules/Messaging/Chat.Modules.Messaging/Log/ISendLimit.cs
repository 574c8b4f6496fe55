using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Messaging.Log;

/// <summary>A limit on sending that comes from how a log's adapter stores messages. Registered with that adapter; most have none.</summary>
internal interface ISendLimit
{
    /// <summary>The refusal of a message before it is appended; null when it is admitted. May be called from any thread.</summary>
    Error? Admit(UserId sender, string clientMsgId, DateTimeOffset now);
}
