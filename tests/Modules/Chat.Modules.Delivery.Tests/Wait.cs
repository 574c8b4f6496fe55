namespace Chat.Modules.Delivery.Tests;

/// <summary>Waits for a condition, not for a time; the deadline is only for a test that would never end.</summary>
internal static class Wait
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <param name="condition">Looked at again and again.</param>
    /// <param name="what">Says what did not come.</param>
    public static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        var started = TimeProvider.System.GetTimestamp();
        for (var looks = 0; !await condition(); looks++)
        {
            if (TimeProvider.System.GetElapsedTime(started) > Deadline)
                Assert.Fail($"In vain: {what}");
            if (looks < 100)
                await Task.Yield();
            else
                await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }

    public static Task UntilAsync(Func<bool> condition, string what) => UntilAsync(() => Task.FromResult(condition()), what);
}
