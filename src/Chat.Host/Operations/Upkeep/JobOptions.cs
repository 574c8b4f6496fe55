using System.ComponentModel.DataAnnotations;

namespace Chat.Host.Operations.Upkeep;

/// <summary>Section <c>Jobs</c>: work that is put off.</summary>
internal sealed class JobOptions
{
    /// <summary>Jobs about files that wait for a worker; more are not taken, and what they were to do is done when it is asked for. 1 to 1 000 000; default 10 000.</summary>
    [Range(1, 1_000_000)] public int MaxWaiting { get; init; } = 10_000;

    /// <summary>Jobs that one server runs at the same time, the recurring ones included. 2 to 64; default 4.</summary>
    [Range(2, 64)] public int Workers { get; init; } = 4;

    /// <summary>How often files that no message has are looked for, in minutes. 1 to 30; default 10.</summary>
    [Range(1, 30)] public int CollectMediaMinutes { get; init; } = 10;

    /// <summary>How often messages that have expired are looked for, to be erased, in minutes. 1 to 30; default 30.</summary>
    [Range(1, 30)] public int SweepExpiredMinutes { get; init; } = 30;
}
