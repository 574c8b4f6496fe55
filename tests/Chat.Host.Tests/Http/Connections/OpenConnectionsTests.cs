using Chat.BuildingBlocks.Limits;
using Chat.Host.Http;
using Chat.Host.Http.Connections;
using Chat.Testing;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Host.Tests.Http.Connections;

public sealed class OpenConnectionsTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly TestMeters _meters = new();
    private readonly List<OpenConnections> _all = [];

    [Fact]
    public void When_more_connections_come_than_may_be_silent_the_oldest_goes()
    {
        var connections = Open(total: 400, silent: 16);

        var accepted = Accept(connections, 20);

        Assert.Equal([.. Enumerable.Repeat(true, 4), .. Enumerable.Repeat(false, 16)], accepted.Select(IsEnded));
    }

    [Fact]
    public void No_more_than_a_quarter_of_all_may_be_silent()
    {
        var connections = Open(total: 100, silent: 4096);

        var accepted = Accept(connections, 30);

        Assert.Equal(5, accepted.Count(IsEnded));
    }

    [Fact]
    public void When_all_that_fit_are_open_the_silent_go_first_and_then_those_idle_for_longest()
    {
        var connections = Open(total: 64, silent: 16);
        var used = AcceptUsed(connections, 48);
        var silent = Accept(connections, 16);
        Assert.DoesNotContain(silent, IsEnded);

        var more = AcceptUsed(connections, 16);
        Assert.All(silent, connection => Assert.True(IsEnded(connection)));
        End(used[20]);
        End(used[18]);
        var last = Accept(connections, 1);

        Assert.Equal(used[20], Assert.Single(used, IsEnded));
        Assert.DoesNotContain(more.Concat(last), IsEnded);
    }

    [Fact]
    public void Where_all_are_in_use_a_new_one_is_refused_and_one_that_ends_makes_room()
    {
        var connections = Open(total: 64, silent: 16);
        var used = AcceptUsed(connections, 64);

        Assert.False(connections.TryAdd(new TestConnection()));
        used[7].End();

        Assert.True(connections.TryAdd(new TestConnection()));
        Assert.DoesNotContain(used, IsEnded);
    }

    [Theory, InlineData(8, 15), InlineData(9, 3)]
    public void A_silent_connection_has_its_time_and_less_of_it_in_a_crowd(int count, int seconds)
    {
        var connections = Open(total: 64, silent: 16);
        var silent = Accept(connections, count);
        var used = AcceptUsed(connections, 1);

        _clock.Advance(TimeSpan.FromSeconds(seconds - 1));
        Assert.DoesNotContain(silent, IsEnded);
        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.All(silent, connection => Assert.True(IsEnded(connection)));
        Assert.False(IsEnded(used[0]));
    }

    [Fact]
    public void A_connection_with_one_of_two_requests_answered_is_in_use()
    {
        var connections = Open(total: 64, silent: 16);
        var used = AcceptUsed(connections, 64);
        var feature = used[3].Features.Get<OpenConnection>()!;

        connections.Begin(feature);
        connections.End(feature);

        Assert.False(connections.TryAdd(new TestConnection()));
    }

    public void Dispose()
    {
        _all.ForEach(connections => connections.Dispose());
        _meters.Dispose();
    }

    private static bool IsEnded(TestConnection connection) => connection.IsAborted;

    private static List<TestConnection> Accept(OpenConnections connections, int count) => [.. Enumerable.Range(0, count).Select(_ =>
    {
        var connection = new TestConnection();
        Assert.True(connections.TryAdd(connection));
        return connection;
    })];

    private static List<TestConnection> AcceptUsed(OpenConnections connections, int count) => [.. Enumerable.Range(0, count).Select(_ =>
    {
        var connection = Accept(connections, 1)[0];
        connections.Begin(connection.Features.Get<OpenConnection>()!);
        return connection;
    })];

    private void End(TestConnection connection) => _all[0].End(connection.Features.Get<OpenConnection>()!);

    private OpenConnections Open(int total, int silent)
    {
        _all.Add(new OpenConnections(
            new ConnectionLimits(total, total, total, null), Options.Create(new HttpOptions { MaxSilentConnections = silent }), _meters, _clock));
        return _all[^1];
    }

    private sealed class TestConnection : DefaultConnectionContext
    {
        private readonly CancellationTokenSource _closed = new();

        public TestConnection() => ConnectionClosed = _closed.Token;

        public bool IsAborted { get; private set; }

        public override void Abort(ConnectionAbortedException abortReason) => IsAborted = true;

        public void End() => _closed.Cancel();
    }
}

public sealed class ConnectionLimitsTests
{
    [Theory]
    [InlineData(100_000, 512, null, 125_000, 100_000)]
    [InlineData(100_000, 512, 1_048_576, 125_000, 100_000)]
    [InlineData(100, 512, 1_048_576, 4_196, 100)]
    [InlineData(100_000, 512, 20_000, 16_988, 12_741)]
    [InlineData(100_000, 512, 700, 101, 76)]
    [InlineData(50, 512, 700, 101, 50)]
    [InlineData(100_000, 512, 256, 16, 12)]
    public void What_fits_follows_from_what_may_be_open(int setting, int reserved, int? openFiles, int total, int live)
    {
        var limits = ConnectionLimits.Of(setting, reserved, openFiles);

        Assert.Equal((total, live, setting), (limits.Total, limits.Live, limits.LiveSetting));
    }

    [Theory, InlineData("Max open files            700                  700                  files     ", 700)]
    [InlineData("Max open files            unlimited            unlimited            files     ", null)]
    [InlineData("Max processes             1                    1                    processes ", null)]
    public void The_systems_limit_is_read(string line, int? limit) =>
        Assert.Equal(limit, OpenFileLimit.Parse(["Limit                     Soft Limit           Hard Limit           Units     ", line]));
}
