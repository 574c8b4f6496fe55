using Microsoft.Extensions.Logging;

namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>What a connection needs to know.</summary>
/// <param name="MaxRequests">Streams.</param>
/// <param name="MaxWaiting">Requests that wait for a stream; more are not taken.</param>
/// <param name="Silence">With requests under way: nothing heard for so long is the end of it.</param>
/// <param name="Heartbeat">Without: nothing heard for so long asks for a sign of life.</param>
/// <param name="SweepPeriod">How often deadlines are looked at.</param>
/// <param name="Clock">For all of these.</param>
internal sealed record ConnectionSettings(string Node, int MaxRequests, int MaxWaiting, TimeSpan Silence, TimeSpan Heartbeat, TimeSpan SweepPeriod,
    TimeProvider Clock, CqlMetrics Metrics, ILogger Log)
{
    private static readonly TimeSpan IdleBeforeHeartbeat = TimeSpan.FromSeconds(30);
    private const int WaitingPerStream = 8;

    public static ConnectionSettings Of(CqlOptions options, string node, TimeProvider clock, CqlMetrics metrics, ILogger log)
    {
        var time = TimeSpan.FromMilliseconds(options.RequestTimeoutMs);
        return new ConnectionSettings(node, options.MaxRequestsPerConnection, options.MaxRequestsPerConnection * WaitingPerStream, time / 2,
            IdleBeforeHeartbeat, TimeSpan.FromMilliseconds(Math.Clamp(options.RequestTimeoutMs / 40, 5, 250)), clock, metrics, log);
    }
}
