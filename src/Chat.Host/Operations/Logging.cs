using System.Globalization;
using Chat.Host.Operations.Upkeep;
using Serilog;
using Serilog.Events;
using Serilog.Filters;
using Serilog.Formatting.Compact;

namespace Chat.Host.Operations;

/// <summary>
/// Compact JSON lines on standard output, readable ones in Development. Section <c>Serilog</c> may change the levels. Quiet by default: a
/// request that went well is Debug, so that no message costs a line.
/// </summary>
internal static class Logging
{
    public static WebApplicationBuilder AddLogging(this WebApplicationBuilder builder)
    {
        builder.Services.AddSerilog((services, log) =>
        {
            log.MinimumLevel.Information()
                .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
                .MinimumLevel.Override("Microsoft.Hosting.Lifetime", LogEventLevel.Information)
                .MinimumLevel.Override("Hangfire", LogEventLevel.Warning)
                // Otherwise an error for each readiness check while the server starts or stops.
                .MinimumLevel.Override("Microsoft.Extensions.Diagnostics.HealthChecks", LogEventLevel.Fatal)
                // A stack trace for each refused call of a hub; faults behind one are logged by the transport.
                .MinimumLevel.Override("Microsoft.AspNetCore.SignalR.Internal.DefaultHubDispatcher", LogEventLevel.Fatal)
                // Otherwise a line for each refused request.
                .MinimumLevel.Override("Chat.Host.Authentication.BearerHandler", LogEventLevel.Warning)
                .MinimumLevel.Override("Chat.Host.Authentication.BasicHandler", LogEventLevel.Warning)
                .ReadFrom.Configuration(builder.Configuration)
                .Enrich.FromLogContext()
                // It logs query strings, and with them access tokens. The request log below replaces it.
                .Filter.ByExcluding(Matching.FromSource("Microsoft.AspNetCore.Hosting.Diagnostics"))
                // A stack trace for each try, while Redis is away or refuses something. Who else says so has one line for it.
                .Filter.ByExcluding(entry => entry.Exception is { } e && Matching.FromSource("Hangfire")(entry) && services.GetService<RedisJobStorage>() is { } jobs && jobs.Explains(e))
                // A failed start, which Program reports in one line, and a cancelled start, which is no failure.
                .Filter.ByExcluding(entry => entry.Exception is { } e && (e is OperationCanceledException || StartFailure.Explain(e) is not null) && IsTheHosts(entry));
            if (builder.Environment.IsDevelopment())
                log.WriteTo.Console(formatProvider: CultureInfo.InvariantCulture);
            else
                log.WriteTo.Console(new CompactJsonFormatter());
        });
        var serilogs = builder.Services.Last(service => service.ServiceType == typeof(ILoggerFactory)).ImplementationFactory!;
        builder.Services.AddSingleton<ILoggerFactory>(services => new KeptLoggers((ILoggerFactory)serilogs(services)));
        return builder;
    }

    private static bool IsTheHosts(LogEvent entry) => Matching.FromSource("Microsoft.Extensions.Hosting.Internal.Host")(entry);

    public static void UseRequestLog(this WebApplication app) => app.UseSerilogRequestLogging(options =>
    {
        options.MessageTemplate = "{RequestMethod} {RequestPath} answered {StatusCode} in {Elapsed:0.0} ms";
        options.GetLevel = (context, _, exception) =>
            exception is not null || context.Response.StatusCode >= StatusCodes.Status500InternalServerError ? LogEventLevel.Warning : LogEventLevel.Debug;
    });
}
