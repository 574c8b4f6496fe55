namespace Chat.Client;

/// <summary>A pause that can be ended early. One waits, anybody rings; a ring while nobody waits is forgotten.</summary>
internal sealed class Wake
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _waiting;   // under the gate
    private bool _replaced;

    public void Ring(bool evenIfReplaced)
    {
        lock (_gate)
        {
            if (!_replaced || evenIfReplaced)
                _waiting?.TrySetResult();
        }
    }

    public async Task WaitAsync(TimeSpan pause, bool whileReplaced, TimeProvider clock, CancellationToken ct)
    {
        var rung = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
            (_waiting, _replaced) = (rung, whileReplaced);
        try
        {
            await rung.Task.WaitAsync(pause, clock, ct);
        }
        catch (TimeoutException)
        {
            // The pause is over.
        }
    }
}
