using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Identity;

/// <summary>Log lines of this module, 2000 to 2999. None holds a password or a token.</summary>
internal static partial class IdentityLogs
{
    [LoggerMessage(EventId = 2001, Level = LogLevel.Information, Message = "{User} registered")]
    public static partial void Registered(this ILogger log, UserId user);

    [LoggerMessage(EventId = 2002, Level = LogLevel.Information, Message = "{User} changed the password; the user's other sessions end")]
    public static partial void PasswordChanged(this ILogger log, UserId user);

    [LoggerMessage(EventId = 2003, Level = LogLevel.Warning, Message = "A used refresh token of {Device} was presented again; its session is revoked")]
    public static partial void RefreshTokenReused(this ILogger log, DeviceAddress device);

    [LoggerMessage(EventId = 2004, Level = LogLevel.Information, Message = "{Device} was revoked")]
    public static partial void DeviceRevoked(this ILogger log, DeviceAddress device);

    [LoggerMessage(EventId = 2005, Level = LogLevel.Warning, Message = "The revocations of other nodes were not read, or a subscriber failed; the next poll tries again")]
    public static partial void RevocationsNotRead(this ILogger log, Exception e);
}
