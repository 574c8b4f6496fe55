namespace Chat.Modules.Presence.Tests;

internal static class Eventually
{
    /// <summary>Waits for a condition that another thread makes true.</summary>
    public static async Task IsTrueAsync(Func<bool> condition)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(20));
        while (!condition())
            await Task.Delay(2, deadline.Token);
    }
}
