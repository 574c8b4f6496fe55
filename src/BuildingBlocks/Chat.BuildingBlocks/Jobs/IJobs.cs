namespace Chat.BuildingBlocks.Jobs;

/// <summary>Runs one job in the background after a delay, on this server or another one. Jobs that repeat are in the host's UpkeepSchedule.</summary>
public interface IJobs
{
    /// <summary>The job runs once the delay is over: usually once, twice after a crash, and never if the jobs' state is lost meanwhile.</summary>
    /// <param name="job">The <see cref="IJob.Name"/>.</param>
    /// <param name="about">What it is to do: an id, at most 100 characters.</param>
    /// <returns>False if it was not taken: too many wait, or the jobs' store is away. The log says so.</returns>
    Task<bool> TryEnqueueAsync(string job, string about, TimeSpan delay, CancellationToken ct);
}

/// <summary>A kind of work for <see cref="IJobs"/>. What it throws is logged, and it is tried again a few times.</summary>
public interface IJob
{
    string Name { get; }

    /// <summary>May run at any time, twice, and twice at once.</summary>
    Task RunAsync(string about, CancellationToken ct);
}
