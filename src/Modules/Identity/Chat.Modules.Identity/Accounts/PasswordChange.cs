using System.Net;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Identity.Contracts;
using Chat.Modules.Identity.Devices;
using Chat.Modules.Identity.Store;
using MediatR;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Identity.Accounts;

/// <summary>Changes a password and ends all other sessions. The calling device continues with new tokens.</summary>
internal sealed class PasswordChange(
    BuiltInAccounts accounts, IAccountStore store, Passwords passwords, IDeviceStore devices, Revocations revocations, DeviceRegistrar registrar,
    PendingRevocations pendingRevocations, IMediator mediator, ILogger<PasswordChange> log)
{
    /// <summary>
    /// Revokes the user's other devices, and voids all earlier tokens of the calling one. May be called again after a lost answer: it finds the password
    /// changed, and ends the sessions again.
    /// </summary>
    /// <remarks>Refusals: <c>bad_request</c> for an invalid new password, <c>forbidden</c> for a wrong current one, <c>rate_limited</c> as at login,
    /// <c>conflict</c> if it was changed concurrently, <c>unavailable</c> if too many passwords wait.</remarks>
    public async Task<Result<TokenPair>> ChangeAsync(DeviceAddress caller, string current, string renewed, IPAddress network, CancellationToken ct)
    {
        if (PasswordRules.FaultOfNew(caller.User, renewed) is { } fault)
            return fault;
        var right = await accounts.CheckPasswordAsync(caller.User, caller.Device, current, network, ct);
        if (right.Error is { Code: ErrorCodes.Unauthenticated })
        {
            var again = await accounts.CheckPasswordAsync(caller.User, caller.Device, renewed, network, ct);
            if (!again.IsOk)
                return again.Error.Code == ErrorCodes.Unauthenticated ? IdentityErrors.WrongCurrentPassword : again.Error;
        }
        else if (right.Error is { } refusal)
        {
            return refusal;
        }
        else
        {
            var hash = await passwords.HashAsync(renewed, ct);
            if (hash.Error is { } busy)
                return busy;
            if (!await store.ReplacePasswordHashAsync(caller.User, right.Value, hash.Value, CancellationToken.None))
                return IdentityErrors.PasswordChanged;
            log.PasswordChanged(caller.User);
        }
        return await EndOthersAsync(caller);
    }

    // Not cancelled with the request: once the password is changed, all other sessions must end.
    private async Task<Result<TokenPair>> EndOthersAsync(DeviceAddress caller)
    {
        var ct = CancellationToken.None;
        var all = await devices.GetDevicesAsync(caller.User, ct);
        // Pending revocations too: if the store did not answer, this node does not know yet that their tokens are void.
        var addresses = all.Select(device => caller with { Device = device.Id }).Union(await devices.GetPendingRevocationsAsync(caller.User, ct));
        foreach (var other in addresses.Where(device => device != caller))
        {
            await revocations.AddAsync(other, ct);
            registrar.Forget(other);
            await pendingRevocations.TryCompleteAsync(other, ct);
        }
        // Voids its tokens only: the device is kept, and gets new ones at once.
        await revocations.AddAsync(caller, ct);
        var pair = await accounts.BeginAnewAsync(caller, all.FirstOrDefault(device => device.Id == caller.Device)?.Name, ct);
        // Its connection may have been opened with a stolen token.
        await mediator.Publish(new DeviceRevoked(caller) { KeepData = true }, ct);
        return pair;
    }
}
