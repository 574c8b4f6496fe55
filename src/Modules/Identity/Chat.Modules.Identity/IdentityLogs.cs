using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Identity;

/// <summary>What the module logs; never a password, never a token.</summary>
internal static partial class IdentityLogs
{
    [LoggerMessage(EventId = 5001, EventName = "Registered", Level = LogLevel.Information, Message = "Registered {User}")]
    public static partial void Registered(this ILogger log, UserId user);

    [LoggerMessage(EventId = 5002, EventName = "PasswordChanged", Level = LogLevel.Information, Message = "{User} changed the password; the user's other sessions end")]
    public static partial void PasswordChanged(this ILogger log, UserId user);

    [LoggerMessage(EventId = 5003, EventName = "RefreshTokenReused", Level = LogLevel.Warning, Message = "A used refresh token of {Device} was presented again; its session is revoked")]
    public static partial void RefreshTokenReused(this ILogger log, DeviceAddress device);

    [LoggerMessage(EventId = 5004, EventName = "DeviceRevoked", Level = LogLevel.Information, Message = "{Device} was revoked")]
    public static partial void DeviceRevoked(this ILogger log, DeviceAddress device);

    [LoggerMessage(EventId = 5005, EventName = "RevocationsNotRead", Level = LogLevel.Warning, Message = "The revocations of other nodes were not read, or a subscriber failed; retried at the next look")]
    public static partial void RevocationsNotRead(this ILogger log, Exception e);
}
