using Microsoft.Extensions.Logging;

namespace Chat.BuildingBlocks.Storage.Redis;

internal static partial class RedisLogs
{
    [LoggerMessage(EventId = 7101, Level = LogLevel.Warning, Message = "Redis does not answer: {Reason} Until it does, the servers tell one another nothing; acked messages are safe")]
    public static partial void Unavailable(this ILogger log, string reason);

    [LoggerMessage(EventId = 7102, Level = LogLevel.Information, Message = "Redis answers again, after {Seconds} s")]
    public static partial void AvailableAgain(this ILogger log, double seconds);

    [LoggerMessage(EventId = 7103, Level = LogLevel.Warning, Message = "Redis at {Address} could not be connected; the server tries again: {Reason}")]
    public static partial void RedisNotConnected(this ILogger log, string address, string reason);

    [LoggerMessage(EventId = 7104, Level = LogLevel.Information, Message = "Connected to Redis {Version} at {Address}")]
    public static partial void RedisConnected(this ILogger log, string version, string address);

    [LoggerMessage(EventId = 7105, Level = LogLevel.Warning, Message = "Redis at {Address}: {Finding}")]
    public static partial void RedisMisconfigured(this ILogger log, string address, string finding);

    [LoggerMessage(EventId = 7106, Level = LogLevel.Warning, Message = "Redis was reconnected and its settings were not checked: {Reason}")]
    public static partial void RedisNotChecked(this ILogger log, string reason);

    [LoggerMessage(EventId = 7107, Level = LogLevel.Warning, Message = "The password in Redis:ConnectionString is sent unencrypted: set ssl=true there, unless nobody can listen on the network")]
    public static partial void RedisPasswordInTheClear(this ILogger log);

    [LoggerMessage(EventId = 7108, Level = LogLevel.Error, Message = "The subscriber of channel {Channel} failed on a message; it gets the next")]
    public static partial void ChannelSubscriberFailed(this ILogger log, string channel, Exception e);

    [LoggerMessage(EventId = 7109, Level = LogLevel.Error, Message = "Redis refuses {Operation}: {Fault} Until then servers may tell one another nothing; acked messages are safe")]
    public static partial void Refused(this ILogger log, string operation, string fault);

    [LoggerMessage(EventId = 7110, Level = LogLevel.Information, Message = "Redis does not refuse {Operation} any more")]
    public static partial void RefusedNoMore(this ILogger log, string operation);

    [LoggerMessage(EventId = 7111, Level = LogLevel.Warning, Message = "The key {Key} in Redis held another type of data than a {Type}: it was removed, and what belongs there is made again")]
    public static partial void WrongKeyRemoved(this ILogger log, string key, string type);
}
