using Chat.Modules.Delivery.Contracts;
using MediatR;
using Microsoft.Extensions.Options;

namespace Chat.Host.Identity.Devices;

/// <summary>
/// Where nodes share the store, learns of the devices that another one has revoked: their tokens are void here and their connections end
/// <see cref="AuthOptions.RevocationRefreshMs"/> later at most.
/// </summary>
internal sealed class RevokedElsewhere(
    Revocations revocations, KnownDevices known, IDeviceStore store, IMediator mediator, IOptions<AuthOptions> options, TimeProvider clock,
    ILogger<RevokedElsewhere> log) : BackgroundService
{
    /// <summary>Looks once.</summary>
    public async Task LearnAsync(CancellationToken ct)
    {
        foreach (var device in await revocations.RefreshAsync(ct))
        {
            known.Forget(device);
            await mediator.Publish(new DeviceRevoked(device) { Elsewhere = true }, ct);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!store.IsShared)
            return;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(options.Value.RevocationRefreshMs), clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await LearnAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                log.RevocationsNotRead(e);
            }
        }
    }
}
