using Chat.BuildingBlocks.Concurrency;
using Microsoft.Extensions.Time.Testing;

namespace Chat.BuildingBlocks.Tests.Concurrency;

public sealed class TimerWheelTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly TimerWheel _wheel;

    public TimerWheelTests() => _wheel = new TimerWheel(_clock);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(200)]
    [InlineData(25_000)]
    [InlineData(102_399)]
    [InlineData(102_400)]
    [InlineData(86_400_000)]
    public void It_fires_once_never_early_and_at_most_a_tick_late(int afterMs)
    {
        var timer = new Counting(_wheel);
        _clock.Advance(TimeSpan.FromMilliseconds(77));
        timer.Run(TimeSpan.FromMilliseconds(afterMs));

        _clock.Advance(TimeSpan.FromMilliseconds(Math.Max(0, afterMs - 1)));
        Assert.Equal(0, timer.Fired);
        _clock.Advance(TimeSpan.FromMilliseconds(201 + 1));
        Assert.Equal(1, timer.Fired);
        _clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(1, timer.Fired);
    }

    [Fact]
    public void A_later_start_replaces_an_earlier_one()
    {
        var timer = new Counting(_wheel);
        timer.Run(TimeSpan.FromSeconds(1));
        timer.Run(TimeSpan.FromSeconds(10));

        _clock.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(0, timer.Fired);
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(1, timer.Fired);
    }

    [Fact]
    public void A_disposed_timer_does_not_fire_and_does_not_start_again()
    {
        var timer = new Counting(_wheel);
        timer.Run(TimeSpan.FromSeconds(1));
        timer.Dispose();
        timer.Run(TimeSpan.FromSeconds(1));

        _clock.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(0, timer.Fired);
    }

    [Fact]
    public void A_timer_disposed_by_another_of_the_same_tick_does_not_fire()
    {
        var second = new Counting(_wheel);
        var first = new Counting(_wheel) { Then = second.Dispose };
        // The last one started is the first in its slot.
        second.Run(TimeSpan.FromSeconds(1));
        first.Run(TimeSpan.FromSeconds(1));

        _clock.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal((1, 0), (first.Fired, second.Fired));
    }

    [Fact]
    public void A_timer_may_start_itself_again_when_it_fires()
    {
        var timer = new Counting(_wheel);
        timer.Then = () => timer.Run(TimeSpan.FromSeconds(25));
        timer.Run(TimeSpan.FromSeconds(25));

        for (var second = 0; second < 25 * 40 + 10; second++)
            _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(40, timer.Fired);
    }

    [Fact]
    public void Many_timers_fire_as_one_each_would_whatever_is_started_stopped_and_renewed()
    {
        var random = new Random(1);
        var timers = Enumerable.Range(0, 500).Select(_ => new Counting(_wheel)).ToArray();
        var dueAt = new TimeSpan?[timers.Length];
        var expected = new int[timers.Length];
        var now = TimeSpan.Zero;
        for (var step = 0; step < 2_000; step++)
        {
            var n = random.Next(timers.Length);
            if (random.Next(10) == 0)
            {
                timers[n].Dispose();
                (timers[n], dueAt[n], expected[n]) = (new Counting(_wheel), null, 0);
            }
            else
            {
                var after = TimeSpan.FromMilliseconds(random.Next(300_000));
                timers[n].Run(after);
                dueAt[n] = now + after;
            }
            var pause = TimeSpan.FromMilliseconds(random.Next(400));
            _clock.Advance(pause);
            now += pause;
            for (var i = 0; i < timers.Length; i++)
            {
                if (dueAt[i] <= now - TimeSpan.FromMilliseconds(200))
                    (dueAt[i], expected[i]) = (null, expected[i] + 1);
                else if (dueAt[i] <= now && timers[i].Fired > expected[i])
                    (dueAt[i], expected[i]) = (null, expected[i] + 1);
                Assert.Equal(expected[i], timers[i].Fired);
            }
        }
    }

    public void Dispose() => _wheel.Dispose();

    private sealed class Counting(TimerWheel wheel) : WheelTimer(wheel)
    {
        public int Fired { get; private set; }

        public Action? Then { get; set; }

        public void Run(TimeSpan after) => Start(after);

        protected override void Fire()
        {
            Fired++;
            Then?.Invoke();
        }
    }
}
