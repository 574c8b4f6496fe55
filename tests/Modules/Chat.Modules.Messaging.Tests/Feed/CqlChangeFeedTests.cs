using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Messaging.Feed;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Cluster;
using Chat.Modules.Messaging.Tests.Log.Cluster;
using Chat.Modules.Messaging.Tests.Sending;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chat.Modules.Messaging.Tests.Feed;

/// <summary>The feed of a cluster, on a real server.</summary>
public sealed class CqlChangeFeedTests(CassandraServer server) : ChangeFeedContract, IClassFixture<CassandraServer>, IAsyncLifetime
{
    private ICqlSession? _session;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        _session = await server.OpenEmptyAsync("messaging", typeof(MessagingModule).Assembly, Ct);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_server_that_runs_is_not_gone_however_long_and_one_that_was_held_up_begins_another_stream()
    {
        var running = await StartAsync();
        var other = await StartAsync();
        for (var n = 0; n < 20; n++)
        {
            await running.Log.AppendAsync(Words.Draft(Words.Team, Words.Alice, $"{n}"), Ct);
            await TouchesOf(running).RenewAsync();
            Clock.Advance(TimeSpan.FromSeconds(20));
            Assert.Empty(await other.Feed.FindUnfinishedAsync("fan-out", Ct));
        }

        var before = running.Feed.RaisedUpTo.Epoch;
        Clock.Advance(TimeSpan.FromMinutes(10));
        var left = Assert.Single(await other.Feed.FindUnfinishedAsync("fan-out", Ct));
        Assert.Equal(before, left.After.Epoch);
        await running.Log.AppendAsync(Words.Draft(Words.Team, Words.Alice, "late"), Ct);

        Assert.NotEqual(before, running.Feed.RaisedUpTo.Epoch);
        await CrashAsync(running);
        Assert.Contains(await other.Feed.FindUnfinishedAsync("fan-out", Ct), range => range.After.Epoch == running.Feed.RaisedUpTo.Epoch);
        await CrashAsync(other);
    }

    private protected override async Task<RunningServer> StartAsync()
    {
        var touches = ClusterLogs.Touches(_session!, Clock);
        var log = ClusterLogs.Of(_session!, touches, clock: Clock);
        await log.OpenAsync(Ct);
        var appends = Appends.UnderWay(log, Clock);
        _touches[log] = touches;
        await touches.RenewAsync();
        var feed = new CqlChangeFeed(
            new CqlFeedTables(_session!, TimeProvider.System), touches, log, appends, ClusterTimes.Default, Clock, NullLogger<CqlChangeFeed>.Instance);
        return new RunningServer(log, appends, feed);
    }

    private protected override async Task CrashAsync(RunningServer server)
    {
        (server.Feed as IDisposable)?.Dispose();
        await ((CqlMessageLog)server.Log).DisposeAsync();
        Clock.Advance(TimeSpan.FromMinutes(4));
    }

    private readonly Dictionary<IMessageLog, TouchWriter> _touches = [];

    private TouchWriter TouchesOf(RunningServer server) => _touches[server.Log];
}
