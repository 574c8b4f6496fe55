using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Feed;
using Chat.Modules.Messaging.Tests.Log;
using Chat.Modules.Messaging.Tests.Sending;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Feed;

public sealed class RocksChangeFeedTests : ChangeFeedContract, IDisposable
{
    private readonly TemporaryLog _log;
    private int _sent;

    public RocksChangeFeedTests() => _log = new TemporaryLog(Clock);

    private RocksChangeFeed Feed => new(_log.Log, Appends.UnderWay(_log.Log, TimeProvider.System));

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task Every_message_has_a_position_in_the_order_of_the_appends_whatever_the_clock_shows_and_across_restarts()
    {
        var start = _log.Log.FeedPosition;
        var appended = new List<LoggedMessage>();
        for (var n = 0; n < 12; n++)
        {
            appended.Add(await AppendAsync(n, back: n % 3));
            if (n % 5 == 4)
                _log.Close();
        }
        var all = new FeedRange(start, _log.Log.FeedPosition.Value);

        var entries = await Feed.ReadAsync(all, 100, Ct);

        Assert.Equal(appended.Select(message => (message.Conversation, message.SeqNo)), entries.Select(entry => (entry.Conversation, entry.SeqNo)));
        Assert.Equal(entries.Select(entry => entry.Position).Order().Distinct(), entries.Select(entry => entry.Position));
        Assert.Equal(all.UpTo, entries[^1].Position);
        Assert.Equal(entries.Skip(4).Take(3), await Feed.ReadAsync(all with { After = start with { Value = entries[3].Position } }, 3, Ct));
        Assert.Equal(entries.Take(7), await Feed.ReadAsync(all with { UpTo = entries[6].Position }, 100, Ct));
        Assert.Empty(await Feed.ReadAsync(all with { After = _log.Log.FeedPosition }, 3, Ct));
    }

    [Fact]
    public async Task A_position_of_another_history_of_the_log_leads_to_nothing()
    {
        var before = _log.Log.FeedPosition;
        await AppendAsync(1);

        _log.Log.BeginEpoch();

        Assert.Empty(await Feed.ReadAsync(new FeedRange(before, long.MaxValue), 10, Ct));
    }

    [Fact]
    public async Task What_is_still_to_be_raised_is_above_what_is_said_to_be()
    {
        var appends = Appends.UnderWay(_log.Log, TimeProvider.System);
        var draft = Draft(Team, Alice, "1");
        var first = appends.TryBegin(draft, out _)!;
        await AppendAsync(1);
        var lowest = _log.Log.FeedPosition;
        var second = appends.TryBegin(draft, out _)!;
        await AppendAsync(2);

        Assert.True(appends.RaisedUpTo.Value < lowest.Value);
        appends.End(first);
        Assert.Equal(lowest, appends.RaisedUpTo);
        appends.End(second);
        Assert.Equal(_log.Log.FeedPosition, appends.RaisedUpTo);
    }

    private protected override Task<RunningServer> StartAsync()
    {
        var appends = Appends.UnderWay(_log.Log, Clock);
        return Task.FromResult(new RunningServer(_log.Log, appends, new RocksChangeFeed(_log.Log, appends)));
    }

    private protected override Task CrashAsync(RunningServer server)
    {
        _log.Close();
        return Task.CompletedTask;
    }

    private async Task<LoggedMessage> AppendAsync(int n, int back = 0)
    {
        var draft = Draft(n % 2 == 0 ? AliceAndBob : Team, Alice, $"{++_sent:d8}") with { Now = Now.AddSeconds(n - (10 * back)) };
        return (await _log.Log.AppendAsync(draft, Ct)).Message;
    }
}
