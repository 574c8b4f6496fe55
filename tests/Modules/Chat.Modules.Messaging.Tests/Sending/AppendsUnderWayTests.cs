using Chat.Modules.Messaging.Sending;
using Chat.Modules.Messaging.Tests.Log;
using Microsoft.Extensions.Time.Testing;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Sending;

public sealed class AppendsUnderWayTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new(Now);
    private readonly TemporaryLog _log = new();
    private readonly AppendsUnderWay _appends;
    private bool _toWatch;

    public AppendsUnderWayTests() =>
        _appends = Appends.UnderWay(_log.Log, _clock, new MessagingOptions { AppendTimeoutMs = 10_000, MaxWaitingAppends = 3, MaxWaitingAppendBytes = 65_536 });

    public void Dispose() => _log.Dispose();

    [Theory]
    [InlineData(0, 1, 2)]
    [InlineData(2, 1, 0)]
    [InlineData(1, 0, 2)]
    [InlineData(1, 2, 0)]
    public void The_oldest_is_the_first_that_has_not_ended_in_whichever_order_they_end(params int[] order)
    {
        var appends = new PendingAppend[3];
        for (var n = 0; n < 3; n++)
        {
            appends[n] = Begin($"{n}")!;
            _clock.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Null(Begin("too many"));

        var left = new List<int> { 0, 1, 2 };
        foreach (var n in order)
        {
            Assert.Equal(TimeSpan.FromSeconds(3 - left[0]), _appends.OldestWait);
            _appends.End(appends[n]);
            left.Remove(n);
            Assert.Equal((left.Count, left.Sum(other => appends[other].Bytes)), (_appends.Count, _appends.Bytes));
        }

        Assert.Equal(TimeSpan.Zero, _appends.OldestWait);
        Assert.NotNull(Begin("room again"));
    }

    [Fact]
    public void Each_is_overdue_once_and_somebody_watches_while_one_may_become_so()
    {
        var first = Begin("1")!;
        Assert.True(_toWatch);
        _clock.Advance(TimeSpan.FromSeconds(4));
        var second = Begin("2")!;
        _clock.Advance(TimeSpan.FromSeconds(4));
        var third = Begin("3")!;
        Assert.False(_toWatch);
        _appends.End(second);

        AssertOverdue([], TimeSpan.FromSeconds(2));
        _clock.Advance(TimeSpan.FromSeconds(2));
        AssertOverdue([first], TimeSpan.FromSeconds(8));
        _clock.Advance(TimeSpan.FromSeconds(8));
        AssertOverdue([third], null);

        _appends.End(first);
        var next = Begin("4")!;
        Assert.True(_toWatch);
        AssertOverdue([], TimeSpan.FromSeconds(10));
        _appends.End(third);
        _appends.End(next);
        AssertOverdue([], null);
    }

    private PendingAppend? Begin(string clientMsgId) => _appends.TryBegin(Draft(Team, Alice, clientMsgId), out _toWatch);

    private void AssertOverdue(PendingAppend[] expected, TimeSpan? next)
    {
        var overdue = new List<PendingAppend>();
        Assert.Equal(next, _appends.TakeOverdue(overdue));
        Assert.Equal(expected, overdue);
    }
}
