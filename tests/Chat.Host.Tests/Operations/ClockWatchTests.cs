using Chat.Host.Operations;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Host.Tests.Operations;

public sealed class ClockWatchTests : IDisposable
{
    private readonly SetClock _clock = new();
    private readonly TestMeters _meters = new();
    private readonly ClockWatch _watch;

    public ClockWatchTests() => _watch = new ClockWatch(_clock, _meters, NullLogger<ClockWatch>.Instance);

    [Fact]
    public void Time_that_passes_is_no_jump()
    {
        _clock.Steady.Advance(TimeSpan.FromDays(40));

        Assert.False(_watch.HasJumpedWithin(TimeSpan.FromHours(1)));
    }

    [Theory]
    [InlineData(30)]
    [InlineData(-30)]
    public void A_jump_is_seen_and_forgotten_after_the_time(int days)
    {
        _clock.Set += TimeSpan.FromDays(days);
        Assert.True(_watch.HasJumpedWithin(TimeSpan.FromHours(1)));

        _clock.Steady.Advance(TimeSpan.FromMinutes(59));
        Assert.True(_watch.HasJumpedWithin(TimeSpan.FromHours(1)));

        _clock.Steady.Advance(TimeSpan.FromMinutes(1));
        Assert.False(_watch.HasJumpedWithin(TimeSpan.FromHours(1)));
    }

    [Fact]
    public void A_correction_of_a_second_is_no_jump()
    {
        _clock.Set += TimeSpan.FromSeconds(1);

        Assert.False(_watch.HasJumpedWithin(TimeSpan.FromHours(1)));
    }

    public void Dispose()
    {
        _watch.Dispose();
        _meters.Dispose();
    }

    /// <summary>A wall clock that can be set beside one that only runs: FakeTimeProvider's timestamps follow its wall clock.</summary>
    private sealed class SetClock : TimeProvider
    {
        public FakeTimeProvider Steady { get; } = new();

        public TimeSpan Set { get; set; }

        public override long TimestampFrequency => Steady.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => Steady.GetUtcNow() + Set;

        public override long GetTimestamp() => Steady.GetTimestamp();
    }
}
