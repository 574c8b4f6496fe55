using Chat.BuildingBlocks.Modules;
using Chat.Modules.Delivery.Notifications.Apns;
using Chat.Modules.Delivery.Notifications.Fcm;
using Chat.Modules.Delivery.Notifications.WebPush;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Notifications.Platforms;

/// <summary>The three platforms, each with its limits.</summary>
internal static class PlatformRegistration
{
    public static IServiceCollection AddPushPlatforms(this IServiceCollection services, ModuleContext context)
    {
        services
            .AddModuleOptions<PlatformOptions>("Push")
            .AddModuleOptions<WebPushOptions>("Push:WebPush")
            .AddModuleOptions<FcmOptions>("Push:Fcm")
            .AddModuleOptions<ApnsOptions>("Push:Apns")
            .AddSingleton<IValidateOptions<PlatformOptions>>(new Check<PlatformOptions>(options => PlatformOptions.FaultOf(options.Proxy)))
            .AddSingleton<IValidateOptions<WebPushOptions>>(new Check<WebPushOptions>(options => WebPushOptions.FaultOf(options.Subject)))
            .AddSingleton<IValidateOptions<FcmOptions>>(new Check<FcmOptions>(options => FcmOptions.FaultOf(options.Endpoint)))
            .AddSingleton<IValidateOptions<ApnsOptions>>(new Check<ApnsOptions>(options => options.Fault()))
            .AddSingleton(provider => ActivatorUtilities.CreateInstance<PlatformKeys>(provider, context))
            .AddSingleton<PlatformMetrics>()
            .AddSingleton<PlatformClients>(provider =>
                new PlatformClients(provider.GetRequiredService<IOptions<PlatformOptions>>(), provider.GetRequiredService<TimeProvider>()))
            .AddSingleton<WebPushPlatform>()
            .AddSingleton<FcmPlatform>()
            .AddSingleton<ApnsPlatform>()
            .AddSingleton<IPushPlatform>(LimitedWebPush)
            .AddSingleton<IPushPlatform>(LimitedFcm)
            .AddSingleton<IPushPlatform>(LimitedApns);
        return services.AddHostedService<PlatformCheck>();
    }

    private static LimitedPlatform LimitedWebPush(IServiceProvider provider)
    {
        var options = Options<WebPushOptions>(provider);
        return Limited(
            provider, provider.GetRequiredService<WebPushPlatform>(), options.SendsPerSecond, options.MaxRequestsPerOrigin, options.MaxRequestsToUnproven,
            options.MaxOrigins, LimitedPlatform.OriginOf);
    }

    private static LimitedPlatform LimitedFcm(IServiceProvider provider)
    {
        var options = Options<FcmOptions>(provider);
        return Limited(
            provider, provider.GetRequiredService<FcmPlatform>(), options.SendsPerSecond, options.MaxRequests, options.MaxRequests, maxAddresses: 1, _ => options.Endpoint);
    }

    private static LimitedPlatform LimitedApns(IServiceProvider provider)
    {
        var options = Options<ApnsOptions>(provider);
        return Limited(
            provider, provider.GetRequiredService<ApnsPlatform>(), options.SendsPerSecond, options.MaxRequests, options.MaxRequests, maxAddresses: 2,
            to => options.EndpointFor(to.Sandbox));
    }

    private static LimitedPlatform Limited(
        IServiceProvider provider, IPushPlatform platform, int sendsPerSecond, int maxRunning, int maxUnproven, int maxAddresses, Func<PushSubscription, string> addressOf)
    {
        var (metrics, clock) = (provider.GetRequiredService<PlatformMetrics>(), provider.GetRequiredService<TimeProvider>());
        var circuits = new Circuits(maxRunning, maxUnproven, maxAddresses, Options<PlatformOptions>(provider), clock);
        return new LimitedPlatform(platform, sendsPerSecond, metrics.Watch(platform.Kind, circuits), addressOf, metrics, clock);
    }

    private static TOptions Options<TOptions>(IServiceProvider provider) where TOptions : class => provider.GetRequiredService<IOptions<TOptions>>().Value;

    private sealed class Check<TOptions>(Func<TOptions, string?> faultOf) : IValidateOptions<TOptions> where TOptions : class
    {
        public ValidateOptionsResult Validate(string? name, TOptions options) =>
            faultOf(options) is { } fault ? ValidateOptionsResult.Fail(fault) : ValidateOptionsResult.Success;
    }
}
