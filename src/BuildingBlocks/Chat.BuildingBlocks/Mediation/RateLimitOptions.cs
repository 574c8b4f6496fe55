using System.ComponentModel.DataAnnotations;

namespace Chat.BuildingBlocks.Mediation;

/// <summary>Section <c>RateLimits</c>: how fast one device, or one address, may ask.</summary>
public sealed class RateLimitOptions
{
    /// <summary>False switches every rate limit off; for load tests. Default true.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Messages a second from one device, through all doors together. 1 to 100 000; default 50.</summary>
    [Range(1, 100_000)] public int SendsPerSecond { get; init; } = 50;

    /// <summary>Other commands and queries a second from one device; acks are free. 1 to 100 000; default 50.</summary>
    [Range(1, 100_000)] public int CommandsPerSecond { get; init; } = 50;

    /// <summary>Accounts made a minute from one address. 1 to 100 000; default 20.</summary>
    [Range(1, 100_000)] public int RegistrationsPerMinute { get; init; } = 20;

    /// <summary>Logins and token refreshes a minute from one address. 1 to 100 000; default 60.</summary>
    [Range(1, 100_000)] public int LoginsPerMinute { get; init; } = 60;
}
