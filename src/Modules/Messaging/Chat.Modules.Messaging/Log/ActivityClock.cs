using Microsoft.Extensions.Logging;

namespace Chat.Modules.Messaging.Log;

/// <summary>
/// Gives each message an <see cref="Activity"/> above all that this server has given or read: the clock's time, or, if the clock went back, the next one after the
/// highest. So a message that is written later has a higher one, whatever happened to the clock (a hybrid logical clock).
/// </summary>
internal sealed class ActivityClock(ILogger<ActivityClock> log)
{
    /// <summary>A clock that is behind by less is not logged.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(2);

    private long _highest;
    private int _isBehind;

    /// <param name="now">What the clock says.</param>
    /// <param name="count">The counter to start at within the millisecond, 0 to 4095, if none was given in it yet.</param>
    public Activity Next(DateTimeOffset now, int count = 0)
    {
        var wanted = Activity.At(now).Value | (uint)count;
        while (true)
        {
            var highest = Volatile.Read(ref _highest);
            var next = Math.Max(wanted, highest + 1);
            if (Interlocked.CompareExchange(ref _highest, next, highest) != highest)
                continue;
            Note(new Activity(highest), now);
            return new Activity(next);
        }
    }

    /// <summary>Later ones are above this one.</summary>
    public void Observe(Activity seen)
    {
        for (var highest = Volatile.Read(ref _highest); seen.Value > highest;)
        {
            var before = Interlocked.CompareExchange(ref _highest, seen.Value, highest);
            if (before == highest)
                return;
            highest = before;
        }
    }

    private void Note(Activity highest, DateTimeOffset now)
    {
        var behindMs = highest.UnixMs - now.ToUnixTimeMilliseconds();
        var isBehind = behindMs > Tolerance.TotalMilliseconds ? 1 : 0;
        if (Volatile.Read(ref _isBehind) == isBehind || Interlocked.Exchange(ref _isBehind, isBehind) == isBehind)
            return;
        if (isBehind == 1)
            log.ClockIsBehind(TimeSpan.FromMilliseconds(behindMs));
        else
            log.ClockHasCaughtUp();
    }
}
