using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Identity.Contracts;
using Chat.Modules.Identity.Store;

namespace Chat.Modules.Identity.Devices;

internal sealed class GetDevicesHandler(IDeviceStore store) : IQueryHandler<GetDevices, IReadOnlyList<Device>>
{
    public Task<IReadOnlyList<Device>> Handle(GetDevices query, CancellationToken ct) => store.GetDevicesAsync(query.User, ct);
}
