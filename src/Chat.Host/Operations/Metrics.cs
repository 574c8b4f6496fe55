using OpenTelemetry.Metrics;

namespace Chat.Host.Operations;

/// <summary>The server's own meter and the platform's, for Prometheus.</summary>
internal static class Metrics
{
    // Half a millisecond is a quiet fsync; ten seconds is somebody waiting for help.
    private static readonly double[] Seconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    public static IServiceCollection AddChatMetrics(this IServiceCollection services)
    {
        services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddMeter(
                "Chat",
                "Microsoft.AspNetCore.Hosting",
                "Microsoft.AspNetCore.Server.Kestrel",
                "Microsoft.AspNetCore.Http.Connections",
                "System.Runtime")
            .AddView(instrument => instrument.Meter.Name == "Chat" && instrument.Unit == "s" && instrument is System.Diagnostics.Metrics.Histogram<double>
                ? new ExplicitBucketHistogramConfiguration { Boundaries = Seconds }
                : null)
            .AddPrometheusExporter());
        return services;
    }
}
