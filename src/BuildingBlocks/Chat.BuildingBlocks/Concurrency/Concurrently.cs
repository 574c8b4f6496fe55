namespace Chat.BuildingBlocks.Concurrency;

/// <summary>Questions that need not wait for one another, but must not all be asked at once either.</summary>
public static class Concurrently
{
    // Answers that are there at once would keep a thread of the pool for all of the items, however many, while others wait for it.
    private const int YieldEvery = 64;

    /// <summary>What <paramref name="select"/> gives for each item, in the items' order.</summary>
    /// <param name="atOnce">So many are under way at most.</param>
    /// <param name="select">Called from any thread; the first that fails ends the rest.</param>
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
