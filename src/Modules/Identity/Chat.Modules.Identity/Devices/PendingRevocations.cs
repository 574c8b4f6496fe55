using Chat.BuildingBlocks.Ids;
using Chat.Modules.Identity.Contracts;
using Chat.Modules.Identity.Store;
using MediatR;

namespace Chat.Modules.Identity.Devices;

/// <summary>
/// The second step of a revocation. The first voids the device's tokens; in the second all modules delete the device's data. The store remembers
/// revocations that lack the second step. It runs when the revocation is requested again, and always before the user's next device is admitted: a new
/// device takes over the user's position only if the revoked one is gone.
/// </summary>
internal sealed class PendingRevocations(IDeviceStore store, IMediator mediator)
{
    /// <summary>Completes the user's pending revocations; usually there are none.</summary>
    /// <exception cref="Exception">A module failed to delete a device's data; its revocation is still pending.</exception>
    public async Task CompleteAllAsync(UserId user, CancellationToken ct)
    {
        foreach (var device in await store.GetPendingRevocationsAsync(user, ct))
            await CompleteAsync(device);
    }

    /// <summary>False if the revocation was completed before, or there was none.</summary>
    /// <inheritdoc cref="CompleteAllAsync" path="/exception"/>
    public async Task<bool> TryCompleteAsync(DeviceAddress device, CancellationToken ct)
    {
        var isUnfinished = (await store.GetPendingRevocationsAsync(device.User, ct)).Contains(device);
        if (isUnfinished)
            await CompleteAsync(device);
        return isUnfinished;
    }

    // Not cancelled with the request.
    private async Task CompleteAsync(DeviceAddress device)
    {
        await mediator.Publish(new DeviceRevoked(device), CancellationToken.None);
        await store.CompleteRevocationAsync(device, CancellationToken.None);
    }
}
