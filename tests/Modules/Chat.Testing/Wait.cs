namespace Chat.Testing;

/// <summary>Waits for a condition, not for a time; the deadline is only for a test that would never end.</summary>
public static class Wait
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    /// <param name="condition">Looked at again and again, but no more often than a device may ask a server.</param>
    /// <param name="what">Says what did not come.</param>
    /// <exception cref="TimeoutException">It did not come.</exception>
    public static Task UntilAsync(Func<Task<bool>> condition, string what) => UntilAsync(condition, what, 10, 25);

    /// <param name="condition">Looked at again and again.</param>
    /// <param name="what">Says what did not come.</param>
    /// <exception cref="TimeoutException">It did not come.</exception>
    public static Task UntilAsync(Func<bool> condition, string what) => UntilAsync(() => Task.FromResult(condition()), what, 100, 1);

    // The first looks come one after the other, the later ones with pauses that grow.
    private static async Task UntilAsync(Func<Task<bool>> condition, string what, int quickLooks, int longestPauseMs)
    {
        var started = TimeProvider.System.GetTimestamp();
        for (var looks = 0; !await condition(); looks++)
        {
            if (TimeProvider.System.GetElapsedTime(started) > Deadline)
                throw new TimeoutException($"In vain: {what}");
            if (looks < quickLooks)
                await Task.Yield();
            else
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(looks - quickLooks + 1, longestPauseMs)));
        }
    }
}
