using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Log.Cluster;

/// <summary>Servers that begin terms of one conversation at once, in virtual time. The database is slow, and does all that it is asked.</summary>
public sealed class ContendedTermsTests
{
    private const int Runs = 10;
    private const int Messages = 12;

    // So long a sender waits before it is refused.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(new MessagingOptions().AppendTimeoutMs);

    [Theory]
    [InlineData(3, 1)]
    [InlineData(3, 10)]
    [InlineData(10, 1)]
    public void Where_several_write_at_once_none_is_kept_waiting_for_too_long(int servers, int slowness)
    {
        var waits = new List<TimeSpan>();
        foreach (var seed in Enumerable.Range(1, Runs))
        {
            var time = new VirtualTime(seed);
            var tables = new VirtualTables(time) { Slowness = slowness };
            time.RunUntilDone(Task.WhenAll(Enumerable.Range(0, servers).Select(server => SendAsync(time, tables, server, waits))));
        }

        Assert.Equal(Runs * servers * Messages * 2, waits.Count);
        Assert.True(waits.Max() < 0.7 * Patience, $"{waits.Max().TotalSeconds:F1} s; mean {waits.Average(wait => wait.TotalSeconds):F2}");
    }

    [Fact]
    public void A_failure_after_some_lost_turns_is_tried_again()
    {
        var time = new VirtualTime(1);
        var turns = 0;
        var tables = new VirtualTables(time)
        {
            BeginningTerm = () => ++turns switch
            {
                <= 3 => Task.FromResult(false),
                4 => Task.FromException<bool>(new StoreUnavailableException("No answer in time.")),
                _ => null,
            },
        };
        var log = ClusterLogs.Of(tables, time, new Random(1));

        time.RunUntilDone(new VirtualProcess(time).Start(() => log.AppendAsync(Draft(Team, Alice, "1"), CancellationToken.None)));

        Assert.Equal(5, turns);
    }

    // Two senders, one message after the other.
    private static Task<bool> SendAsync(VirtualTime time, VirtualTables tables, int server, List<TimeSpan> waits)
    {
        var log = ClusterLogs.Of(tables, time, new Random(time.Random.Next()));
        return new VirtualProcess(time).Start(async () =>
        {
            await Task.WhenAll(Enumerable.Range(0, 2).Select(async sender =>
            {
                for (var n = 0; n < Messages; n++)
                {
                    var began = time.GetTimestamp();
                    await log.AppendAsync(Draft(Team, UserId.Parse($"user{server}{sender}"), $"{n}"), CancellationToken.None);
                    waits.Add(time.GetElapsedTime(began));
                }
            }));
            return true;
        });
    }
}
