namespace Chat.Modules.Delivery.Notifications.Platforms;

/// <summary>
/// What goes to one address at a time, and whether it is left alone as it failed too often: after a pause one notification tries it, and the others follow if it
/// is taken. Not thread-safe: <see cref="Circuits"/> locks.
/// </summary>
internal sealed class Circuit
{
    private int _failures;
    private int _pauses;
    private TimeSpan _openUntil;
    private string _reason = PushReason.Unreachable;

    /// <summary>Notifications on their way.</summary>
    public int Running { get; private set; }

    /// <summary>Whether the last notification was answered, with whatever status.</summary>
    public bool IsProven { get; private set; }

    public bool IsOpen => _pauses > 0;

    /// <summary>Lets one notification pass, or says how long it is too early, and why.</summary>
    public PushOutcome.Retry? Enter(TimeSpan now)
    {
        if (IsOpen && now < _openUntil)
            return NotTried(_reason, _openUntil - now);
        if (IsOpen && Running > 0)
            return NotTried(_reason, TimeSpan.FromSeconds(1));
        Running++;
        return null;
    }

    /// <param name="failure">Null if the address works; else why not.</param>
    public void Leave(string? failure, bool isAnswered, TimeSpan now, PlatformOptions options)
    {
        Running--;
        IsProven = isAnswered;
        if (failure is null)
        {
            (_failures, _pauses) = (0, 0);
            return;
        }
        _reason = failure;
        _failures++;
        // Of those that were under way when it opened, none opens it again.
        if (_failures < options.BreakAfterFailures || (IsOpen && now < _openUntil))
            return;
        var pause = TimeSpan.FromMilliseconds(Math.Min(options.BreakAtMostMs, options.BreakMs * Math.Pow(2, Math.Min(_pauses, 20))));
        (_openUntil, _pauses) = (now + pause, _pauses + 1);
    }

    /// <summary>The notification neither failed nor was taken.</summary>
    public void Abandon() => Running--;

    public static PushOutcome.Retry NotTried(string reason, TimeSpan after) => new(reason, after, 0, NotTried: true);
}
