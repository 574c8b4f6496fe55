using Chat.BuildingBlocks.Limits;
using Chat.Modules.Delivery.Contracts;

namespace Chat.Host.Http.Connections;

/// <summary>How many connections fit this process: no more than it may have sockets, less what it needs itself.</summary>
/// <param name="Total">TCP connections.</param>
/// <param name="Live">How many of them may be live connections of devices; the rest is for requests.</param>
/// <param name="LiveSetting">The same as it is set.</param>
/// <param name="OpenFiles">How many files and sockets the process may have open; null where there is no limit.</param>
internal sealed record ConnectionLimits(int Total, int Live, int LiveSetting, int? OpenFiles)
{
    private const string LiveKey = "Delivery:MaxConnections";
    private const int LeastTotal = 16;
    private const int LeastForRequests = 4096;

    /// <param name="liveSetting">Live connections by the settings.</param>
    /// <param name="reserved">Files and sockets that are not clients'.</param>
    /// <param name="openFiles">What the system allows.</param>
    public static ConnectionLimits Of(int liveSetting, int reserved, int? openFiles)
    {
        var wanted = liveSetting + Math.Max(liveSetting / 4, LeastForRequests);
        if (openFiles is not { } limit)
            return new ConnectionLimits(wanted, liveSetting, liveSetting, null);
        // An eighth is the stores', whose files grow in number (RocksStore).
        var fit = Math.Max(LeastTotal, limit - limit / 8 - reserved);
        return new ConnectionLimits(Math.Min(wanted, fit), Math.Min(liveSetting, fit - fit / 4), liveSetting, limit);
    }

    /// <summary>Of the settings, in which the number of live connections is lowered to what fits.</summary>
    public static ConnectionLimits Apply(IConfiguration configuration)
    {
        var http = configuration.GetSection("Http").Get<HttpOptions>() ?? new HttpOptions();
        var limits = Of(Math.Max(1, configuration.GetValue(LiveKey, IConnections.DefaultLimit)), http.ReservedOpenFiles, OpenFileLimit.Current);
        if (limits.Live < limits.LiveSetting)
            configuration[LiveKey] = $"{limits.Live}";
        return limits;
    }
}
