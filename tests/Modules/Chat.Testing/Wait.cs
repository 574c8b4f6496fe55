namespace Chat.Testing;

/// <summary>Waits for a condition, not for a time; the deadline is only for a test that would never end.</summary>
public static class Wait
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <param name="condition">Looked at again and again.</param>
    /// <param name="what">Says what did not come.</param>
    /// <exception cref="TimeoutException">It did not come.</exception>
    public static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        var started = TimeProvider.System.GetTimestamp();
        for (var looks = 0; !await condition(); looks++)
        {
            if (TimeProvider.System.GetElapsedTime(started) > Deadline)
                throw new TimeoutException($"In vain: {what}");
            if (looks < 100)
                await Task.Yield();
            else
                await Task.Delay(TimeSpan.FromMilliseconds(1));
        }
    }

    /// <inheritdoc cref="UntilAsync(Func{Task{bool}}, string)"/>
    public static Task UntilAsync(Func<bool> condition, string what) => UntilAsync(() => Task.FromResult(condition()), what);
}
