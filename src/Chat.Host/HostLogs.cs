namespace Chat.Host;

/// <summary>Log lines of the host, 1100 to 1199.</summary>
internal static partial class HostLogs
{
    [LoggerMessage(EventId = 1101, Level = LogLevel.Information, Message = "Chat is ready: open {Addresses}")]
    public static partial void Ready(this ILogger log, string addresses);

    [LoggerMessage(EventId = 1102, Level = LogLevel.Information, Message = "Chat is ready, without its page, at {Addresses}")]
    public static partial void ReadyWithoutWebClient(this ILogger log, string addresses);

    [LoggerMessage(EventId = 1103, Level = LogLevel.Warning, Message = "There is no web page in {Directory}: install Node.js 20.19 or newer and build the server again")]
    public static partial void WebClientMissing(this ILogger log, string directory);

    [LoggerMessage(EventId = 1104, Level = LogLevel.Information, Message = "At most {Connections} connections, {Live} of them live: this process may have {OpenFiles} files and sockets open")]
    public static partial void ConnectionLimit(this ILogger log, int connections, int live, string openFiles);

    [LoggerMessage(EventId = 1105, Level = LogLevel.Warning, Message = "Delivery:MaxConnections is {Setting}, but {Live} live connections fit: this process may have only {OpenFiles} files and sockets open; raise the limit (ulimit -n, LimitNOFILE)")]
    public static partial void FewerConnectionsThanSet(this ILogger log, int setting, int live, string openFiles);

    [LoggerMessage(EventId = 1106, Level = LogLevel.Warning, Message = "The data directory {Directory} has mode {Mode}: other users of this machine may read what was kept in it before; run chmod -R go= on it")]
    public static partial void DirectoryIsOpenToOthers(this ILogger log, string directory, string mode);

    [LoggerMessage(EventId = 1107, Level = LogLevel.Error, Message = "A store did not answer; the request is answered with 503")]
    public static partial void StoreUnavailable(this ILogger log, Exception e);

    [LoggerMessage(EventId = 1108, Level = LogLevel.Error, Message = "A request failed; it is answered with 500")]
    public static partial void RequestFailed(this ILogger log, Exception e);

    [LoggerMessage(EventId = 1109, Level = LogLevel.Error, Message = "Sending the clients away failed; the server stops without it")]
    public static partial void LeavingFailed(this ILogger log, Exception e);

    [LoggerMessage(EventId = 1110, Level = LogLevel.Warning, Message = "The clock jumped by {Seconds:0} s; if it is wrong now, correct it")]
    public static partial void ClockJumped(this ILogger log, double seconds);

    [LoggerMessage(EventId = 1111, Level = LogLevel.Information, Message = "The stores were backed up to {Folder}")]
    public static partial void BackedUp(this ILogger log, string folder);

    [LoggerMessage(EventId = 1112, Level = LogLevel.Debug, Message = "{Tokens} expired refresh tokens were deleted")]
    public static partial void TokensSwept(this ILogger log, int tokens);

    [LoggerMessage(EventId = 1113, Level = LogLevel.Warning, Message = "The setting {OldName} is now {Name}; its value is read as {Value}")]
    public static partial void SettingRenamed(this ILogger log, string oldName, string name, string value);

    [LoggerMessage(EventId = 1114, Level = LogLevel.Error, Message = "The schedule of the upkeep could not be set in Redis; the server tries again")]
    public static partial void ScheduleNotSet(this ILogger log, Exception e);

    [LoggerMessage(EventId = 1115, Level = LogLevel.Information, Message = "A job ({Job}) was not put off: {Reason}; what it does is done when it is asked for, or looked for later")]
    public static partial void JobNotTaken(this ILogger log, string job, string reason);

    [LoggerMessage(EventId = 1116, Level = LogLevel.Information, Message = "Admin call: {Admin} {Method} {Route} {Target}: {Status}")]
    public static partial void AdminCalled(this ILogger log, string admin, string method, string route, string target, int status);

    [LoggerMessage(EventId = 1117, Level = LogLevel.Warning, Message = "Admin call refused: {User} is no admin: {Method} {Route} {Target} ({LeftOut} such lines were left out before; twenty a minute are written)")]
    public static partial void AdminCallRefused(this ILogger log, string user, string method, string route, string target, long leftOut);
}
