namespace Chat.Modules.Delivery.Notifications;

/// <summary>Lets one log line of a cause through each minute, and counts the others.</summary>
internal sealed class RepeatedLines(TimeProvider clock)
{
    // Then all causes are new again.
    private const int MaxCauses = 64;

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();

    // Under _gate. When a cause had its line, and how often there was cause since.
    private readonly Dictionary<string, (long At, long Times)> _said = new(StringComparer.Ordinal);

    /// <summary>How often there was cause since the last line, with this one: the line is to be written. Null if it is not yet.</summary>
    public long? Count(string cause)
    {
        lock (_gate)
        {
            var isKnown = _said.TryGetValue(cause, out var said);
            if (isKnown && clock.GetElapsedTime(said.At) < Interval)
            {
                _said[cause] = said with { Times = said.Times + 1 };
                return null;
            }
            if (!isKnown && _said.Count >= MaxCauses)
                _said.Clear();
            _said[cause] = (clock.GetTimestamp(), 0);
            return said.Times + 1;
        }
    }
}
