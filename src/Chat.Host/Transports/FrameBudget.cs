using Chat.BuildingBlocks.Errors;

namespace Chat.Host.Transports;

/// <summary>One connection's allowance of frames: a bucket that holds ten seconds' worth. May be used by any thread.</summary>
internal sealed class FrameBudget(int perSecond, string refusal, TimeProvider clock)
{
    private const int Seconds = 10;

    private readonly int _size = perSecond * Seconds;
    private readonly Error _refusal = new(ErrorCodes.RateLimited, refusal, TimeSpan.FromSeconds(1.0 / perSecond));
    private readonly Lock _gate = new();
    private double _left = perSecond * Seconds;
    private long _counted = clock.GetTimestamp();

    // Frames refused, less what time has forgiven: at the rate at which it fills the bucket.
    private double _over;

    /// <summary>Whether the last frame was the first to be refused after a time without: of many, the one to answer.</summary>
    public bool IsFirstRefusal => _over == 1;

    /// <summary>Whether as many frames as the bucket holds were refused, and not forgiven: the client does not listen.</summary>
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
