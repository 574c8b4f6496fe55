using System.Diagnostics.Metrics;
using OpenTelemetry.Metrics;

namespace Chat.Host.Operations;

/// <summary>The server's own meter and the platform's, for Prometheus.</summary>
internal static class Metrics
{
    // Half a millisecond is a quiet fsync; ten seconds is somebody waiting for help.
    private static readonly double[] Seconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    // Room for the combinations of labels is taken at the start: with OpenTelemetry's 2,000 for each of a hundred instruments, 20 MB. The server's own labels
    // have a few fixed values each; only requests (path, method, status) have many.
    private const int FewLabels = 100;

    public static IServiceCollection AddChatMetrics(this IServiceCollection services)
    {
        services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddMeter(
                "Chat",
                "Microsoft.AspNetCore.Hosting",
                "Microsoft.AspNetCore.Server.Kestrel",
                "Microsoft.AspNetCore.Http.Connections",
                "System.Runtime")
            .AddView(StreamOf)
            .AddPrometheusExporter());
        return services;
    }

    private static MetricStreamConfiguration? StreamOf(Instrument instrument) =>
        instrument.Meter.Name is "Microsoft.AspNetCore.Hosting" ? null
        : instrument is { Meter.Name: "Chat", Unit: "s" } and Histogram<double> ? new ExplicitBucketHistogramConfiguration { Boundaries = Seconds, CardinalityLimit = FewLabels }
        : new MetricStreamConfiguration { CardinalityLimit = FewLabels };
}
