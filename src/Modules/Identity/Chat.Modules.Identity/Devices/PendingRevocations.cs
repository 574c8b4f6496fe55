using Chat.BuildingBlocks.Ids;
using Chat.Modules.Identity.Contracts;
using Chat.Modules.Identity.Store;
using MediatR;

namespace Chat.Modules.Identity.Devices;

/// <summary>
/// The second half of a revocation: the first voids the device's tokens, by this one the modules forget the device. The store remembers a
/// revocation that lacks it, wherever it stopped. It is done when the device's removal is asked for again, and always before the next
/// device of its user is let in: that one begins where the user had got to only when the lost one is forgotten.
/// </summary>
internal sealed class PendingRevocations(IDeviceStore store, IMediator mediator)
{
    /// <summary>Finishes what a user has unfinished; nothing as a rule.</summary>
    /// <exception cref="Exception">A module could not forget a device; it is still unfinished.</exception>
    public async Task CompleteAllAsync(UserId user, CancellationToken ct)
    {
        foreach (var device in await store.GetPendingRevocationsAsync(user, ct))
            await CompleteAsync(device);
    }

    /// <summary>False where the revocation is finished already, or there was none.</summary>
    /// <inheritdoc cref="CompleteAllAsync" path="/exception"/>
    public async Task<bool> TryCompleteAsync(DeviceAddress device, CancellationToken ct)
    {
        var isUnfinished = (await store.GetPendingRevocationsAsync(device.User, ct)).Contains(device);
        if (isUnfinished)
            await CompleteAsync(device);
        return isUnfinished;
    }

    // Once begun, a caller that hangs up stops nothing.
    private async Task CompleteAsync(DeviceAddress device)
    {
        await mediator.Publish(new DeviceRevoked(device), CancellationToken.None);
        await store.CompleteRevocationAsync(device, CancellationToken.None);
    }
}
