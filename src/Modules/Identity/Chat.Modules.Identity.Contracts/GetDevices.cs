using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Identity.Contracts;

/// <summary>A user's devices that are not revoked, ordered by id.</summary>
public sealed record GetDevices(UserId User) : IQuery<IReadOnlyList<Device>>;

/// <summary>A device as its user is shown it.</summary>
/// <param name="Name">For people; null if none was given.</param>
/// <param name="CreatedAt">When it was first seen.</param>
/// <param name="LastUsedAt">When it last got a token.</param>
public sealed record Device(DeviceId Id, string? Name, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt);
