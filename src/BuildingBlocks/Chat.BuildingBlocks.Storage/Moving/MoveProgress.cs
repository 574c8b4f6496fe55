using System.Globalization;

namespace Chat.BuildingBlocks.Storage.Moving;

/// <summary>Says every few seconds how far a table has got, how fast, and how long it will take.</summary>
internal sealed class MoveProgress(string what, long before, long estimate, TimeProvider clock, Action<string> tell)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly long _begunAt = clock.GetTimestamp();
    private readonly Lock _gate = new();
    private long _added;
    private long _toldAt = clock.GetTimestamp();

    /// <summary>From any thread.</summary>
    public void Add(long rows)
    {
        lock (_gate)
        {
            _added += rows;
            if (clock.GetElapsedTime(_toldAt) < Interval)
                return;
            _toldAt = clock.GetTimestamp();
            var (done, rate) = (before + _added, _added / clock.GetElapsedTime(_begunAt).TotalSeconds);
            var left = rate > 0 && estimate > done ? TimeSpan.FromSeconds((estimate - done) / rate) : TimeSpan.Zero;
            tell(string.Create(CultureInfo.InvariantCulture,
                $"{what}: {done:N0} of about {Math.Max(estimate, done):N0}, {rate:N0}/s, done in about {Math.Ceiling(left.TotalSeconds):N0} s, at {clock.GetUtcNow() + left:u}"));
        }
    }

    /// <summary>The line at the end.</summary>
    public void End(string done)
    {
        var seconds = clock.GetElapsedTime(_begunAt).TotalSeconds;
        tell(string.Create(CultureInfo.InvariantCulture, $"{what}: {before + _added:N0} {done} in {seconds:N1} s"));
    }
}
