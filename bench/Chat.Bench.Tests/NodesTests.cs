using System.Buffers.Text;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Chat.Bench.Load;
using Chat.Bench.Nodes;
using Chat.Bench.Servers;
using Chat.BuildingBlocks.Storage.Cql;

namespace Chat.Bench.Tests;

/// <summary>The parts of the loads on several servers.</summary>
public sealed class NodesTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null, new[] { true, true, true, false, false, false, true })]
    [InlineData(false, new[] { true, true, true, true, true, true, true })]
    [InlineData(true, new[] { false, false, false, false, false, false, false })]
    public void Pairs_are_on_one_server_or_on_two_as_is_wanted(bool? across, bool[] areTogether)
    {
        var pairs = Enumerable.Range(0, areTogether.Length).Select(pair => LoadConversation.Pair(pair, 3, across)).ToArray();

        Assert.Equal(areTogether, pairs.Select(pair => pair[0].Server == pair[1].Server));
        Assert.Equal([0, 1, 2, 0, 1, 2, 0], pairs.Select(pair => pair[0].Server));
    }

    [Fact]
    public void A_groups_members_are_spread_over_all_servers() =>
        Assert.Equal([1, 2, 0, 1], LoadConversation.Members(group: 1, size: 4, servers: 3).Select(member => member.Server));

    [Fact]
    public void Servers_and_talks_are_lists()
    {
        var options = NodesOptions.From(new Arguments(["--cql", "127.0.0.1:9042", "--servers", "2,3", "--talks", "groups"]));

        Assert.Equal([2, 3], options.Servers);
        Assert.Equal([Talk.Groups], options.Talks);
        Assert.Equal(options.Groups, options.LoadOf(Talk.Groups).Groups);
        Assert.Equal(0, options.LoadOf(Talk.Writes).Groups);
        Assert.Equal(LoadMode.Turns, options.LoadOf(Talk.Turns).Mode);
    }

    [Theory]
    [InlineData("--servers", "0")]
    [InlineData("--servers", "1,many")]
    [InlineData("--talks", "whispers")]
    public void A_list_that_cannot_be_read_is_refused(string name, string value) =>
        Assert.Throws<ArgumentException>(() => NodesOptions.From(new Arguments(["--cql", "127.0.0.1:9042", name, value])));

    [Fact]
    public void A_token_is_signed_by_the_key_that_the_hosts_read()
    {
        using var file = new SigningKeyFile();
        using var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(file.Path));

        var parts = file.Token("alice", "bench").Split('.');

        Assert.True(key.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256));
        Assert.Contains("\"sub\":\"alice\"", Encoding.UTF8.GetString(Base64Url.DecodeFromChars(parts[1])), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new[] { 3.0, 1.0, 2.0 }, 2.0)]
    [InlineData(new[] { 4.0, 1.0, 2.0, 3.0 }, 2.5)]
    public void A_median_is_the_middle_or_between_the_two_there(double[] values, double median) => Assert.Equal(median, Medians<int>.Median(values));

    [Fact]
    public void A_turn_in_which_there_is_nothing_to_compare_has_no_ratio() =>
        Assert.Equal([2.0, 0.0], Medians<int>.Ratios([4, 0, 1, double.NaN, 1], [2, 1, 0, 1, double.NaN]));

    [Fact]
    public async Task A_metric_is_the_sum_over_its_labels_alone()
    {
        await using var host = await HostStandIn.StartAsync();
        await using var server = Server.At(host.Address, isRelay: false, processId: null);

        Assert.Equal(3.5, await server.MetricAsync("a_metric", Ct));
    }

    [Fact]
    public async Task Rows_and_terms_are_those_since_it_was_last_asked()
    {
        var session = new LogStandIn();
        var rows = new LogRows(session);
        session.Buckets["one"] = [4096, 10];
        session.Buckets["two"] = [];
        session.Terms["one"] = 3;
        await rows.TakeNewAsync(["one", "two"], Ct);
        session.Buckets["one"] = [4096, 25];
        session.Buckets["two"] = [2];
        session.Terms["one"] = 4;
        session.Terms["two"] = 1;

        var fresh = await rows.TakeNewAsync(["one", "two"], Ct);

        Assert.Equal(new LogSize(17, 2), fresh);
    }

    [Fact]
    public async Task An_idle_device_whose_server_is_gone_is_caught_up_on_another()
    {
        await using var first = await HostStandIn.StartAsync();
        await using var second = await HostStandIn.StartAsync();
        await using var here = Server.At(first.Address, isRelay: false, processId: null);
        await using var there = Server.At(second.Address, isRelay: false, processId: null);
        await here.Accounts.RegisterAsync(["alice"], Ct);
        await there.Accounts.RegisterAsync(["alice"], Ct);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var device = new IdleDevice("alice", () => [there]);
        await device.StartAsync(here, ending.Token);
        var lostAt = Stopwatch.GetTimestamp();

        first.AbortAll();

        var deadline = lostAt + 30 * Stopwatch.Frequency;
        while (!(device.IsCaughtUp && device.CaughtUpAt > lostAt) && Stopwatch.GetTimestamp() < deadline)
            await Task.Delay(10, Ct);
        Assert.Same(there, device.At);
        Assert.True(device.IsCaughtUp && device.CaughtUpAt > lostAt);
        await ending.CancelAsync();
    }

    /// <summary>Counts of rows by bucket, and terms.</summary>
    private sealed class LogStandIn : ICqlSession
    {
        public Dictionary<string, long[]> Buckets { get; } = [];
        public Dictionary<string, long> Terms { get; } = [];

        public Task<CqlResult> ExecuteAsync(CqlStatement statement, CancellationToken ct = default)
        {
            var conversation = (string)statement.Values[0]!;
            var bucket = statement.Values.Count > 1 ? (long)statement.Values[1]! : -1;
            CqlRow[] rows = bucket >= 0 ? [new Number(Buckets[conversation].ElementAtOrDefault((int)bucket))]
                : Terms.TryGetValue(conversation, out var term) ? [new Number(term)] : [];
            return Task.FromResult(new CqlResult(rows));
        }

        public Task<CqlResult> ExecuteBatchAsync(IReadOnlyList<CqlStatement> statements, CancellationToken ct = default) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => default;
    }

    private sealed class Number(long value) : CqlRow
    {
        public override bool IsNull(int column) => false;

        public override T Get<T>(int column) => (T)(object)value;
    }
}
