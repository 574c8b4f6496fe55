using Chat.BuildingBlocks.Errors;

namespace Chat.BuildingBlocks.Storage.Moving;

/// <summary>Repeats what the database did not answer, which does no harm, until it has answered nothing for so long.</summary>
internal sealed class Retries(TimeSpan patience, TimeProvider clock, Action<string> tell)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private long _answeredAt = clock.GetTimestamp();

    /// <exception cref="StoreUnavailableException">The patience is over.</exception>
    public async Task<T> RunAsync<T>(Func<Task<T>> ask, CancellationToken ct)
    {
        for (var isFirst = true; ; isFirst = false)
        {
            try
            {
                var answer = await ask();
                Volatile.Write(ref _answeredAt, clock.GetTimestamp());
                return answer;
            }
            catch (StoreUnavailableException e) when (clock.GetElapsedTime(Volatile.Read(ref _answeredAt)) < patience)
            {
                if (isFirst)
                    tell($"The database did not answer, asking again: {e.Message}");
            }
            await Task.Delay(Pause, clock, ct);
        }
    }
}
