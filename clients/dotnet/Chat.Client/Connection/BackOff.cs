namespace Chat.Client;

/// <summary>
/// Pauses between attempts: the n-th is random between 0 and 0.5 s × 2ⁿ, at most 30 s (full jitter), so that not all clients come back at
/// once.
/// </summary>
internal sealed class BackOff(Random random)
{
    private const double MaxSeconds = 30;
    private const double FirstSeconds = 0.5;

    private int _failures;

    public TimeSpan Next()
    {
        var longest = Math.Min(MaxSeconds, FirstSeconds * Math.Pow(2, _failures));
        _failures = Math.Min(_failures + 1, 30);
        return TimeSpan.FromSeconds(random.NextDouble() * longest);
    }

    public void StartOver() => _failures = 0;
}
