using System.Collections.Concurrent;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Identity.Contracts;
using Chat.Modules.Identity.Store;
using MediatR;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Identity.Devices;

/// <summary>
/// Keeps the devices whose tokens come from an outside issuer, at their first request, so that their users can see and revoke them.
/// With built-in accounts the login has done that.
/// </summary>
internal sealed class DeviceRegistrar(IDeviceStore store, PendingRevocations pendingRevocations, IMediator mediator, IOptions<AuthOptions> options)
{
    /// <summary>Then all are forgotten: it costs a write for each to know it again.</summary>
    private const int MaxRemembered = 100_000;

    private readonly ConcurrentDictionary<DeviceAddress, bool> _known = new();

    /// <summary>False where the user has too many devices already.</summary>
    public ValueTask<bool> EnsureRegisteredAsync(DeviceAddress device, CancellationToken ct) =>
        options.Value.KeepsAccounts || _known.ContainsKey(device) ? ValueTask.FromResult(true) : RegisterAsync(device, ct);

    /// <summary>The device was revoked: its next token makes it known again.</summary>
    public void Forget(DeviceAddress device) => _known.TryRemove(device, out _);

    private async ValueTask<bool> RegisterAsync(DeviceAddress device, CancellationToken ct)
    {
        await pendingRevocations.CompleteAllAsync(device.User, ct);
        if (await store.RegisterAsync(device, options.Value.MaxDevices, ct) is not { } admission)
            return false;
        if (admission.IsNew)
            await mediator.Publish(new DeviceAdded(device), CancellationToken.None);
        if (_known.Count >= MaxRemembered)
            _known.Clear();
        _known[device] = true;
        return true;
    }
}
