using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Log;
using Microsoft.Extensions.Logging;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Log;

public sealed class ActivityClockTests
{
    private readonly Lines _log = new();
    private readonly ActivityClock _clock;

    public ActivityClockTests() => _clock = new ActivityClock(_log);

    [Fact]
    public void A_place_in_a_message_s_id_is_read_again()
    {
        var random = MessageId.New(Now.AddYears(1));

        for (var count = 0; count < 4_096; count += 455)
        {
            var activity = new Activity(Activity.At(Now).Value + count);
            var id = activity.In(random);
            Assert.Equal((activity, 7, Now.ToUnixTimeMilliseconds()), (Activity.Of(id), id.Value.Version, activity.UnixMs));
            Assert.Equal(random.ToString()[19..], id.ToString()[19..]);
        }
    }

    [Fact]
    public void It_follows_the_clock_where_that_goes_on()
    {
        _clock.Next(Now);

        Assert.Equal(Activity.At(Now.AddSeconds(1)), _clock.Next(Now.AddSeconds(1)));
        Assert.Equal(Activity.At(Now.AddSeconds(1)).Value + 7, _clock.Next(Now.AddSeconds(1), count: 7).Value);
        Assert.Empty(_log.All);
    }

    [Fact]
    public void What_was_seen_of_another_host_is_below_what_comes_next()
    {
        var others = Activity.At(Now.AddHours(1));
        _clock.Observe(others);
        _clock.Observe(Activity.At(Now));

        Assert.True(_clock.Next(Now) > others);
    }

    [Fact]
    public async Task Places_given_at_the_same_time_all_differ()
    {
        var given = new Activity[8][];
        await Parallel.ForAsync(0, given.Length, TestContext.Current.CancellationToken, (n, _) =>
        {
            given[n] = [.. Enumerable.Range(0, 1_000).Select(_ => _clock.Next(Now))];
            return ValueTask.CompletedTask;
        });

        Assert.Equal(8_000, given.SelectMany(one => one).Distinct().Count());
        Assert.All(given, one => Assert.Equal(one.Order(), one));
    }

    [Fact]
    public void A_clock_that_was_set_back_is_logged_once_and_so_is_its_catching_up()
    {
        _clock.Next(Now.AddHours(1));
        for (var minute = 0; minute <= 70; minute++)
            _clock.Next(Now.AddMinutes(minute));

        Assert.Equal([LogLevel.Warning, LogLevel.Information], _log.All.Select(line => line.Level));
        Assert.Contains("01:00:00", _log.All[0].Text, StringComparison.Ordinal);
    }

    private sealed class Lines : ILogger<ActivityClock>
    {
        public List<(LogLevel Level, string Text)> All { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Add((logLevel, formatter(state, exception)));
    }
}
