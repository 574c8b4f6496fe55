using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Identity;

internal static partial class IdentityLogs
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Registered {User}")]
    public static partial void Registered(this ILogger log, UserId user);

    [LoggerMessage(Level = LogLevel.Information, Message = "{User} has a new password; its other sessions are ended")]
    public static partial void PasswordChanged(this ILogger log, UserId user);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A used refresh token of {Device} was presented again: its family is revoked")]
    public static partial void RefreshTokenReused(this ILogger log, DeviceAddress device);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Device} was revoked")]
    public static partial void DeviceRevoked(this ILogger log, DeviceAddress device);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What other nodes have revoked could not be read or acted on; tried again soon")]
    public static partial void RevocationsNotRead(this ILogger log, Exception e);
}
