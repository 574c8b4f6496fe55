using Chat.BuildingBlocks.Errors;

namespace Chat.Host.Transports;

/// <summary>The rate limit of one connection's frames: a token bucket that holds the frames of ten seconds. For any thread.</summary>
internal sealed class FrameBudget(int perSecond, string refusal, TimeProvider clock)
{
    private const int Seconds = 10;

    private readonly int _size = perSecond * Seconds;
    private readonly Error _refusal = new(ErrorCodes.RateLimited, refusal, TimeSpan.FromSeconds(1.0 / perSecond));
    private readonly Lock _gate = new();
    private double _left = perSecond * Seconds;
    private long _counted = clock.GetTimestamp();

    // Refused frames; falls at the rate at which the bucket fills.
    private double _over;

    /// <summary>Whether the last frame was the first of a series to be refused.</summary>
    public bool IsFirstRefusal => _over == 1;

    /// <summary>Whether as many frames were refused as the bucket holds: the client ignores its refusals.</summary>
    public bool IsExhausted => _over >= _size;

    /// <summary>Null when the frame is admitted, else the refusal.</summary>
    public Error? Take()
    {
        lock (_gate)
            return TakeOne();
    }

    private Error? TakeOne()
    {
        var now = clock.GetTimestamp();
        var gained = clock.GetElapsedTime(_counted, now).TotalSeconds * perSecond;
        (_left, _over, _counted) = (Math.Min(_size, _left + gained), Math.Max(0, _over - gained), now);
        if (_left < 1)
        {
            _over++;
            return _refusal;
        }
        _left--;
        return null;
    }
}
