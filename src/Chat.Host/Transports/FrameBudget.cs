using Chat.BuildingBlocks.Errors;

namespace Chat.Host.Transports;

/// <summary>One connection's allowance of frames: a bucket that holds ten seconds' worth. Used by the connection's reader alone.</summary>
internal sealed class FrameBudget(int perSecond, string refusal, TimeProvider clock)
{
    private const int Seconds = 10;

    private readonly int _size = perSecond * Seconds;
    private readonly Error _refusal = new(ErrorCodes.RateLimited, refusal, TimeSpan.FromSeconds(1.0 / perSecond));
    private double _left = perSecond * Seconds;
    private long _counted = clock.GetTimestamp();
    private int _refused;

    /// <summary>Whether the frame before the last was admitted: of many refused in a row, the first.</summary>
    public bool IsFirstRefusal => _refused == 1;

    /// <summary>Whether as many frames as the bucket holds were refused in a row: the client does not listen.</summary>
    public bool IsExhausted => _refused >= _size;

    /// <summary>Null when the frame is admitted, else the refusal.</summary>
    public Error? Take()
    {
        var now = clock.GetTimestamp();
        _left = Math.Min(_size, _left + clock.GetElapsedTime(_counted, now).TotalSeconds * perSecond);
        _counted = now;
        if (_left < 1)
        {
            _refused++;
            return _refusal;
        }
        _left--;
        _refused = 0;
        return null;
    }
}
