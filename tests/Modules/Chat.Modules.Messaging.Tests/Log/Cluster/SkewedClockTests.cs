using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Log.Cluster;

/// <summary>Two hosts whose clocks differ, in virtual time, compete for one conversation.</summary>
public sealed class SkewedClockTests
{
    private static readonly TimeSpan Span = TimeSpan.FromSeconds(8);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(3_600)]
    [InlineData(-1)]
    [InlineData(-3)]
    [InlineData(-3_600)]
    public void Neither_of_two_hosts_is_starved_by_the_other_s_clock(int skewSeconds)
    {
        var time = new VirtualTime(7);
        var tables = new VirtualTables(time);
        var acks = new int[2];
        var all = new VirtualProcess(time).Start(async () =>
        {
            var skews = new[] { TimeSpan.Zero, TimeSpan.FromSeconds(skewSeconds) };
            await Task.WhenAll(skews.Select((skew, host) => SendAsync(time, tables, new SkewedTime(time, skew), host, acks)));
            return true;
        });

        time.RunUntilDone(all);

        Assert.True(acks.Min() * 4 >= acks.Max() && acks.Min() > 20, $"{acks[0]} and {acks[1]} acks in {Span.TotalSeconds} s");
    }

    // Several senders, one message after the other.
    private static async Task SendAsync(VirtualTime time, VirtualTables tables, TimeProvider clock, int host, int[] acks)
    {
        var process = new VirtualProcess(time);
        var log = ClusterLogs.Of(tables, clock, new Random(host));
        var started = time.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async sender =>
        {
            for (var n = 0; time.GetElapsedTime(started) < Span; n++)
            {
                var draft = Draft(Team, UserId.Parse($"user{host}{sender}"), $"{n}");
                try
                {
                    await process.Start(() => log.AppendAsync(draft, CancellationToken.None));
                    acks[host]++;
                }
                catch (StoreUnavailableException)
                {
                    n--;
                }
            }
        }));
    }
}
