namespace Chat.Client;

/// <summary>A pause that another thread can end early. Ending it while nobody waits does nothing.</summary>
internal sealed class InterruptiblePause
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _waiting;   // under the gate
    private bool _replaced;

    public void End(bool evenIfReplaced)
    {
        lock (_gate)
        {
            if (!_replaced || evenIfReplaced)
                _waiting?.TrySetResult();
        }
    }

    public async Task WaitAsync(TimeSpan pause, bool whileReplaced, TimeProvider clock, CancellationToken ct)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
            (_waiting, _replaced) = (ended, whileReplaced);
        try
        {
            await ended.Task.WaitAsync(pause, clock, ct);
        }
        catch (TimeoutException)
        {
            // The pause has passed.
        }
    }
}
