using Chat.BuildingBlocks.Limits;
using Chat.Modules.Delivery.Contracts;

namespace Chat.Host.Http.Connections;

/// <summary>How many connections this process can have: its limit of open files, less what it needs itself.</summary>
/// <param name="Total">TCP connections.</param>
/// <param name="Live">How many of them may be live connections; the rest is for requests.</param>
/// <param name="LiveSetting">The setting.</param>
/// <param name="OpenFiles">The process's limit of open files and sockets; null for none.</param>
internal sealed record ConnectionLimits(int Total, int Live, int LiveSetting, int? OpenFiles)
{
    private const string LiveKey = "Delivery:MaxConnections";
    private const int LeastTotal = 16;
    private const int LeastForRequests = 4096;

    /// <param name="liveSetting">The setting for live connections.</param>
    /// <param name="reserved">Files and sockets that are not clients'.</param>
    /// <param name="openFiles">The limit of the system; null for none.</param>
    public static ConnectionLimits Of(int liveSetting, int reserved, int? openFiles)
    {
        var wanted = liveSetting + Math.Max(liveSetting / 4, LeastForRequests);
        if (openFiles is not { } limit)
            return new ConnectionLimits(wanted, liveSetting, liveSetting, null);
        // An eighth is for the stores, whose number of files grows (RocksStore).
        var fit = Math.Max(LeastTotal, limit - limit / 8 - reserved);
        return new ConnectionLimits(Math.Min(wanted, fit), Math.Min(liveSetting, fit - fit / 4), liveSetting, limit);
    }

    /// <summary>Computes the limits, and lowers the setting for live connections to what fits.</summary>
    public static ConnectionLimits Apply(IConfiguration configuration)
    {
        var http = configuration.GetSection("Http").Get<HttpOptions>() ?? new HttpOptions();
        var limits = Of(Math.Max(1, configuration.GetValue(LiveKey, IConnections.DefaultLimit)), http.ReservedOpenFiles, OpenFileLimit.Current);
        if (limits.Live < limits.LiveSetting)
            configuration[LiveKey] = $"{limits.Live}";
        return limits;
    }
}
