using System.Text.Encodings.Web;
using System.Text.Json.Serialization;
using Chat.BuildingBlocks.Http;
using Chat.BuildingBlocks.Mediation;
using Chat.BuildingBlocks.Modules;
using Chat.Host.Http.Connections;
using Chat.Host.Operations;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Chat.Host.Http;

/// <summary>The middleware that every request passes: limits, headers, problem details, authentication.</summary>
internal static class HttpEdge
{
    private const string DefaultUrl = "http://localhost:5080";
    private const int MaxJsonDepth = 32;

    private static readonly TimeSpan SlowClientGrace = TimeSpan.FromSeconds(5);

    public static WebApplicationBuilder AddHttpEdge(this WebApplicationBuilder builder)
    {
        builder.ChooseAddresses();
        builder.Services
            .AddSingleton(ConnectionLimits.Apply(builder.Configuration))
            .AddSingleton<OpenConnections>()
            .AddSingleton<IConnectionListenerFactory, LimitedListeners>()
            .AddModuleOptions<HttpOptions>("Http")
            .AddSingleton<IValidateOptions<HttpOptions>, HttpOptionsValidator>()
            .AddSingleton<AddressRates>().AddSingleton<IHasSharedRates>(provider => provider.GetRequiredService<AddressRates>())
            .AddSingleton<TransfersUnderWay>()
            .AddSingleton<RequestsUnderWay>()
            .AddSingleton<AdminAudit>()
            .AddExceptionHandler<ProblemAnswers>()
            .Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true)
            .ConfigureHttpJsonOptions(options =>
            {
                var json = options.SerializerOptions;
                json.MaxDepth = MaxJsonDepth;
                json.AllowDuplicateProperties = false;
                json.PropertyNameCaseInsensitive = false;
                json.NumberHandling = JsonNumberHandling.Strict;
                json.RespectNullableAnnotations = true;
                json.RespectRequiredConstructorParameters = true;
                // The content type is not HTML, so only what JSON requires is escaped: text keeps its size.
                json.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
                json.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
            });
        builder.Services.AddOptions<KestrelServerOptions>().Configure<IOptions<HttpOptions>>((kestrel, http) =>
        {
            kestrel.UseUpgradeHandover();
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = http.Value.MaxBodyBytes;
            kestrel.Limits.RequestHeadersTimeout = http.Value.HeadTimeout;
            var slowest = new MinDataRate(http.Value.MinBytesPerSecond, SlowClientGrace);
            (kestrel.Limits.MinRequestBodyDataRate, kestrel.Limits.MinResponseDataRate) = (slowest, slowest);
        });
        builder.Services.AddOptions<ForwardedHeadersOptions>().Configure<IOptions<HttpOptions>>((forwarded, http) =>
        {
            forwarded.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
            // All trusted proxies in a row, from the nearest.
            forwarded.ForwardLimit = null;
            forwarded.KnownProxies.Clear();
            forwarded.KnownIPNetworks.Clear();
            foreach (var network in http.Value.ProxyNetworks())
                forwarded.KnownIPNetworks.Add(network);
        });
        return builder;
    }

    public static void UseHttpEdge(this WebApplication app)
    {
        LogLimits(app.Logger, app.Services.GetRequiredService<ConnectionLimits>());
        app.Use(OpenConnection.TrackAsync);
        var options = app.Services.GetRequiredService<IOptions<HttpOptions>>().Value;
        // Without known proxies the middleware would trust everybody.
        if (options.TrustedProxies.Count > 0)
            app.UseForwardedHeaders();
        app.UsePathBase(options.PathBase);
        app.UseRequestLog();
        app.Use(SecurityHeaders.AddAsync);
        if (app.Services.GetRequiredService<IOptions<OperationsOptions>>().Value.Port is > 0 and var port)
            app.Use(new OperationsPort(port).AnswerAsync);
        app.UseExceptionHandler(_ => { });
        app.UseStatusCodePages(context => ProblemAnswers.AnswerStatusAsync(context.HttpContext));
        app.Use(HeadRequests.AnswerAsync);
        app.UseRouting();
        app.Use(AnswerUnknownAsync);
        app.Use(app.Services.GetRequiredService<AdminAudit>().LogAsync);
        app.Use(app.Services.GetRequiredService<AddressRates>().LimitAsync);
        app.UseAuthentication();
        app.UseAuthorization();
        app.Use(app.Services.GetRequiredService<RequestsUnderWay>().LimitAsync);
        app.Use(DeviceRated.LimitAsync);
        app.Use(FileTransfers.AllowAsync);
    }

    private static void LogLimits(ILogger log, ConnectionLimits limits)
    {
        var open = limits.OpenFiles is { } files ? $"{files}" : "any number of";
        log.ConnectionLimit(limits.Total, limits.Live, open);
        if (limits.Live < limits.LiveSetting)
            log.FewerConnectionsThanSet(limits.LiveSetting, limits.Live, open);
    }

    // The configured addresses, or the default; and the operators' port.
    private static void ChooseAddresses(this WebApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        var operations = configuration.GetValue<int>("Operations:Port") is > 0 and var port ? $"http://*:{port}" : null;
        if (configuration.GetSection("Kestrel:Endpoints").Exists())
        {
            if (operations is not null)
                configuration["Kestrel:Endpoints:Operations:Url"] = operations;
            return;
        }
        var addresses = new[] { configuration["urls"], Ports(configuration["http_ports"], "http"), Ports(configuration["https_ports"], "https") };
        // Addresses have precedence over ports, as in ASP.NET Core.
        var chosen = addresses[0] ?? (addresses[1..].Any(given => given is not null) ? string.Join(';', addresses[1..].OfType<string>()) : DefaultUrl);
        builder.WebHost.UseUrls(operations is null ? chosen : $"{chosen};{operations}");
    }

    private static string? Ports(string? ports, string scheme) => string.IsNullOrEmpty(ports)
        ? null
        : string.Join(';', ports.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(port => $"{scheme}://*:{port}"));

    // Before authorisation, which would answer 401 for unknown paths. Routing's own endpoints answer 405 and 415.
    private static Task AnswerUnknownAsync(HttpContext context, RequestDelegate next) => context.GetEndpoint() switch
    {
        null => HttpErrors.ToProblem(ProblemAnswers.NotFound).ExecuteAsync(context),
        RouteEndpoint => next(context),
        var refusal => refusal.RequestDelegate!(context),
    };
}
