namespace Chat.BuildingBlocks.Concurrency;

/// <summary>Questions that need not wait for one another, but must not all be asked at once either.</summary>
public static class Concurrently
{
    /// <summary>What <paramref name="select"/> gives for each item, in the items' order.</summary>
    /// <param name="items">Any number.</param>
    /// <param name="atOnce">So many are under way at most.</param>
    /// <param name="select">Called from any thread; the first that fails ends the rest.</param>
    /// <param name="ct">Gives up.</param>
    public static async Task<TResult[]> SelectAsync<T, TResult>(
        IReadOnlyList<T> items, int atOnce, Func<T, CancellationToken, ValueTask<TResult>> select, CancellationToken ct)
    {
        var results = new TResult[items.Count];
        await Parallel.ForAsync(
            0, items.Count, new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = ct },
            async (place, cancelled) => results[place] = await select(items[place], cancelled));
        return results;
    }
}
