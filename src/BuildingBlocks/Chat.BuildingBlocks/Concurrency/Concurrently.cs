namespace Chat.BuildingBlocks.Concurrency;

/// <summary>Runs independent calls concurrently, a limited number at a time.</summary>
public static class Concurrently
{
    // Calls that complete synchronously would otherwise keep one thread of the pool for all items.
    private const int YieldEvery = 64;

    /// <summary>The results of <paramref name="select"/>, in the order of the items.</summary>
    /// <param name="atOnce">The most calls at a time.</param>
    /// <param name="select">Called from any thread. The first failure cancels the rest.</param>
    public static async Task<TResult[]> SelectAsync<T, TResult>(
        IReadOnlyList<T> items, int atOnce, Func<T, CancellationToken, ValueTask<TResult>> select, CancellationToken ct)
    {
        var results = new TResult[items.Count];
        await Parallel.ForAsync(
            0, items.Count, new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = ct },
            async (index, cancelled) =>
            {
                results[index] = await select(items[index], cancelled);
                if (index % YieldEvery == YieldEvery - 1)
                    await Task.Yield();
            });
        return results;
    }
}
