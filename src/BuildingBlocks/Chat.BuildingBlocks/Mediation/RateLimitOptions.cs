using System.ComponentModel.DataAnnotations;

namespace Chat.BuildingBlocks.Mediation;

/// <summary>Section <c>RateLimits</c>: the rates of a device, of a user over all its devices, and of an address.</summary>
public sealed class RateLimitOptions
{
    /// <summary>False switches every rate limit off; for load tests. Default true.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Messages a second from one device, through all transports together. 1 to 100 000; default 50.</summary>
    [Range(1, 100_000)] public int SendsPerSecond { get; init; } = 50;

    /// <summary>Other commands and queries a second from one device; acks count by <c>Transports:FramesPerSecond</c>. 1 to 100 000; default 50.</summary>
    [Range(1, 100_000)] public int CommandsPerSecond { get; init; } = 50;

    /// <summary>Pages of the list of conversations a minute for one user, over all its devices. 1 to 100 000; default 240.</summary>
    [Range(1, 100_000)] public int ListsPerMinute { get; init; } = 240;

    /// <summary>Live connections opened a minute by one user, over all its devices and both live transports. 1 to 100 000; default 120.</summary>
    [Range(1, 100_000)] public int ConnectsPerMinute { get; init; } = 120;

    /// <summary>Direct conversations begun a minute by one user: those of which it sends the first message. 1 to 100 000; default 60.</summary>
    [Range(1, 100_000)] public int DirectsBegunPerMinute { get; init; } = 60;

    /// <summary>
    /// Strangers (users who have never written to the caller) that one user may add to groups a minute; as many at once as one request may name. 1 to
    /// 100 000; default 60.
    /// </summary>
    [Range(1, 100_000)] public int StrangersAddedPerMinute { get; init; } = 60;

    /// <summary>Groups an hour that strangers (users to whom it has never written) may add one user to; as many at once. 1 to 100 000; default 30.</summary>
    [Range(1, 100_000)] public int AddedByStrangersPerHour { get; init; } = 30;

    /// <summary>
    /// Users that each of the rates by user remembers at a time, about 100 bytes each. 1 000 to 10 000 000; default 100 000.
    /// </summary>
    [Range(1_000, 10_000_000)] public int MaxUsers { get; init; } = 100_000;

    /// <summary>Devices that each of the rates by device remembers at a time; about 100 bytes each. 1 000 to 10 000 000; default 200 000.</summary>
    [Range(1_000, 10_000_000)] public int MaxDevices { get; init; } = 200_000;

    /// <summary>Addresses that each of the rates by address remembers at a time; about 100 bytes each. 1 000 to 10 000 000; default 100 000.</summary>
    [Range(1_000, 10_000_000)] public int MaxAddresses { get; init; } = 100_000;

    /// <summary>HTTP requests a second of one device's connection to the hub, where it has no WebSocket. 10 to 100 000; default 200.</summary>
    [Range(10, 100_000)] public int HubRequestsPerSecond { get; init; } = 200;

    /// <summary>Accounts made a minute from one address. 1 to 100 000; default 20.</summary>
    [Range(1, 100_000)] public int RegistrationsPerMinute { get; init; } = 20;

    /// <summary>Logins and token refreshes a minute from one address. 1 to 100 000; default 60.</summary>
    [Range(1, 100_000)] public int LoginsPerMinute { get; init; } = 60;

    /// <summary>Files and thumbnails read a minute by signed addresses from one network address. 1 to 1 000 000; default 3 000.</summary>
    [Range(1, 1_000_000)] public int SignedReadsPerMinute { get; init; } = 3_000;

    /// <summary>
    /// With several servers: how often each tells the others what devices, users and addresses have taken of their rates, in milliseconds. 100 to 60 000; default 1 000.
    /// </summary>
    [Range(100, 60_000)] public int ShareMs { get; init; } = 1_000;

    /// <summary>The most devices, users or addresses of one rate of which the others are told at a time: those that have taken the most. 1 to 65 536; default 1 024.</summary>
    [Range(1, 65_536)] public int MaxShared { get; init; } = 1_024;
}
