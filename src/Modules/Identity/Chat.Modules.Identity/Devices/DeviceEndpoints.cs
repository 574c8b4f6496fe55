using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Http;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Identity.Contracts;
using Chat.Modules.Identity.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Identity.Devices;

/// <summary><c>/v1/devices</c>: the caller's devices.</summary>
internal static class DeviceEndpoints
{
    public static void MapDevices(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/devices", async (Caller caller, IDeviceStore store, CancellationToken ct) =>
            new DeviceList([.. (await store.GetDevicesAsync(caller.User, ct)).Select(device => DeviceView.Of(device, caller.Device.Device))]))
            .WithTags("Devices").WithSummary("The caller's devices.").WithMetadata(DeviceRated.Metadata);
        routes.MapDelete("/v1/devices/{deviceId}", RevokeAsync)
            .WithTags("Devices").WithSummary("Revokes a device: closes its connection and voids its tokens at once.")
            .Produces(StatusCodes.Status204NoContent).Refuses(ErrorCodes.NotFound).WithMetadata(DeviceRated.Metadata);
    }

    private static async Task<IResult> RevokeAsync(
        string deviceId, Caller caller, Revocations revocations, DeviceRegistrar registrar, PendingRevocations pendingRevocations,
        ILogger<Revocations> log, CancellationToken ct)
    {
        if (!DeviceId.TryParse(deviceId, out var device))
            return HttpErrors.ToProblem(Error.BadRequest("That is not a device id."));
        var address = caller.Device with { Device = device };
        if (await revocations.AddAsync(address, ct))
            log.DeviceRevoked(address);
        registrar.Forget(address);
        return await pendingRevocations.TryCompleteAsync(address, ct)
            ? Results.NoContent()
            : HttpErrors.ToProblem(new Error(ErrorCodes.NotFound, "You have no such device."));
    }

    private sealed record DeviceList(IReadOnlyList<DeviceView> Devices);

    // Current: whether it is the caller's device.
    private sealed record DeviceView(DeviceId DeviceId, string? DeviceName, long CreatedAt, long LastUsedAt, bool Current)
    {
        public static DeviceView Of(Device device, DeviceId current) => new(
            device.Id, device.Name, device.CreatedAt.ToUnixTimeMilliseconds(), device.LastUsedAt.ToUnixTimeMilliseconds(), device.Id == current);
    }
}
