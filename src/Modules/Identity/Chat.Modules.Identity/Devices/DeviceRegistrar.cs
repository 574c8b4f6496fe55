using System.Collections.Concurrent;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Identity.Contracts;
using Chat.Modules.Identity.Store;
using MediatR;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Identity.Devices;

/// <summary>
/// Registers devices whose tokens come from an outside issuer, at their first request, so that users can list and revoke them. Devices of built-in
/// accounts are registered at login.
/// </summary>
internal sealed class DeviceRegistrar(IDeviceStore store, PendingRevocations pendingRevocations, IMediator mediator, IOptions<AuthOptions> options)
{
    /// <summary>When there are more, all are forgotten; then each costs a write again.</summary>
    private const int MaxRemembered = 100_000;

    private readonly ConcurrentDictionary<DeviceAddress, bool> _known = new();

    /// <summary>False if the user has too many devices.</summary>
    public ValueTask<bool> EnsureRegisteredAsync(DeviceAddress device, CancellationToken ct) =>
        options.Value.KeepsAccounts || _known.ContainsKey(device) ? ValueTask.FromResult(true) : RegisterAsync(device, ct);

    /// <summary>The device was revoked: its next token registers it again.</summary>
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
