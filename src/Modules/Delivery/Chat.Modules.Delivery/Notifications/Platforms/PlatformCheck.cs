using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Delivery.Notifications.Platforms;

/// <summary>Tries the keys of all platforms once, when the server has started; says in one line each what is wrong.</summary>
internal sealed class PlatformCheck(IEnumerable<IPushPlatform> platforms, ILogger<PlatformCheck> log) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(platforms.Select(async platform =>
    {
        if (await platform.CheckAsync(stoppingToken) is { } fault)
            log.PlatformNotUsable(fault);
    }));
}
