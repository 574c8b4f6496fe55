using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.BuildingBlocks.Storage.Cql.Client;
using Chat.BuildingBlocks.Storage.Tests.Cql.Fakes;
using Chat.Testing;
using static Chat.BuildingBlocks.Storage.Tests.Cql.Fakes.Statements;

namespace Chat.BuildingBlocks.Storage.Tests.Cql;

/// <summary>What an operator is shown.</summary>
public sealed class CqlMetricsTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Requests_retries_failures_and_connections_are_counted()
    {
        await using var cluster = new FakeCluster(nodes: 2) { Copies = 2 };
        using var sums = new Sums(cluster.Meters);
        var asked = 0;
        foreach (var node in cluster.Nodes)
            node.OnStatement = _ => Task.FromResult(Interlocked.Increment(ref asked) is 1 or 3 ? FakeReply.Error(CqlErrorCodes.Overloaded) : FakeReply.Void);
        var session = await cluster.ConnectAsync();

        await session.ExecuteAsync(Select("tried again"), Ct);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => session.ExecuteAsync(Insert("fails"), Ct));
        var connections = sums["chat.cql.connections"];
        await session.DisposeAsync();

        Assert.Equal(2, sums.Counts["chat.cql.requests"]);
        Assert.Equal(1, sums["chat.cql.retries"]);
        Assert.Equal(1, sums["chat.cql.failures"]);
        Assert.Equal(0, sums["chat.cql.in_flight"]);
        Assert.Equal(3, connections);
        await Wait.UntilAsync(() => sums["chat.cql.connections"] == 0, "all connections are closed");
    }

    [Fact]
    public async Task Waiting_requests_are_counted()
    {
        await using var cluster = new FakeCluster();
        using var sums = new Sums(cluster.Meters);
        var gate = new TaskCompletionSource<FakeReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster[0].OnStatement = _ => gate.Task;
        var session = await cluster.ConnectAsync(contact => new CqlOptions { ContactPoints = contact, Keyspace = "ks", MaxRequestsPerConnection = 2 });

        var calls = Enumerable.Range(0, 7).Select(n => session.ExecuteAsync(Select($"{n}"), Ct)).ToList();
        await Wait.UntilAsync(() => sums["chat.cql.waiting"] == 5, "five wait");
        gate.SetResult(FakeReply.Void);
        await Task.WhenAll(calls);

        Assert.Equal(0, sums["chat.cql.waiting"]);
    }

    private sealed class Sums : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly ConcurrentDictionary<string, long> _sums = new();

        public Sums(TestMeters meters)
        {
            var meter = meters.Create("Chat");
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter == meter)
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => _sums.AddOrUpdate(instrument.Name, value, (_, sum) => sum + value));
            _listener.SetMeasurementEventCallback<double>((instrument, _, _, _) => Counts.AddOrUpdate(instrument.Name, 1, (_, count) => count + 1));
            _listener.Start();
        }

        public ConcurrentDictionary<string, long> Counts { get; } = new();

        public long this[string instrument] => _sums.GetValueOrDefault(instrument);

        public void Dispose() => _listener.Dispose();
    }
}
