namespace Chat.EndToEnd.Tests.Running;

/// <summary>Waits on conditions, never for a time.</summary>
internal static class Until
{
    /// <summary>How long a condition may take before the test fails: long, for the machine may be busy.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan _step = TimeSpan.FromMilliseconds(20);

    /// <param name="condition">Asked again and again until it holds.</param>
    /// <param name="what">The condition in words, for the failure.</param>
    /// <param name="more">What else to tell on failure.</param>
    /// <param name="patience">Instead of <see cref="Patience"/>.</param>
    public static async Task TrueAsync(Func<Task<bool>> condition, string what, Func<string>? more = null, TimeSpan? patience = null)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > (patience ?? Patience))
                throw new TimeoutException($"Waited {patience ?? Patience} in vain until {what}. {more?.Invoke()}");

            await Task.Delay(_step, TestContext.Current.CancellationToken);
        }
    }

    public static Task TrueAsync(Func<bool> condition, string what, Func<string>? more = null, TimeSpan? patience = null) =>
        TrueAsync(() => Task.FromResult(condition()), what, more, patience);
}
