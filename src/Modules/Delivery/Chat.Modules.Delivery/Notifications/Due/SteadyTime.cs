namespace Chat.Modules.Delivery.Notifications.Due;

/// <summary>
/// The wall clock as it was at the start, and what has passed since by the monotonic clock: when the wall clock is set, what is due is neither held up, nor due early.
/// </summary>
internal sealed class SteadyTime(TimeProvider clock)
{
    private readonly DateTimeOffset _start = clock.GetUtcNow();
    private readonly long _startedAt = clock.GetTimestamp();

    public DateTimeOffset Now => _start + clock.GetElapsedTime(_startedAt);
}
