using System.Diagnostics;
using System.Globalization;
using Chat.Bench.Load;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.BuildingBlocks.Storage.Cql.Client;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chat.Bench;

/// <summary>What the cluster's database, and the client of it, can do with one kind of statement: rate, latency, and the client's own CPU.</summary>
internal static class CqlCommand
{
    private const string Table = "CREATE TABLE IF NOT EXISTS bench (k bigint, n bigint, t text, PRIMARY KEY (k, n))";
    private const string InsertAlways = "INSERT INTO bench (k, n, t) VALUES (?, ?, ?)";
    private const string InsertIfNew = InsertAlways + " IF NOT EXISTS";
    private const int Partitions = 1000;

    private enum Work
    {
        Insert,
        Conditional,
        Batch,
        Select,
    }

    public static async Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        var options = new CqlOptions
        {
            ContactPoints = arguments.Text("--contact-points") ?? "127.0.0.1:9042",
            Keyspace = arguments.Text("--keyspace") ?? "chat_bench",
            ReplicationFactor = arguments.Int("--replication", 1),
            ConnectionsPerNode = arguments.Int("--connections", 1),
            Compression = arguments.Flag("--compression"),
        };
        var work = arguments.OneOf("--do", Work.Insert);
        var inFlight = arguments.Int("--in-flight", 200);
        var seconds = arguments.Int("--seconds", 10);
        var warmup = arguments.Int("--warmup", 5, min: 0);
        var text = new string('x', arguments.Int("--text-bytes", 100));
        arguments.RefuseUnknown();

        using var meters = new NoMeters();
        await using var session = await CqlSession.ConnectAsync(options, meters, NullLoggerFactory.Instance, TimeProvider.System, ct);
        await session.ExecuteAsync(new CqlStatement(Table), ct);
        var (next, failed) = (0L, 0L);
        await RunForAsync(warmup, null);

        using var latency = new Latency();
        using var process = Process.GetCurrentProcess();
        var (cpu, allocated, started) = (process.TotalProcessorTime, GC.GetTotalAllocatedBytes(), Stopwatch.GetTimestamp());
        await RunForAsync(seconds, latency);
        process.Refresh();
        var (used, took, bytes) = (process.TotalProcessorTime - cpu, Stopwatch.GetElapsedTime(started), GC.GetTotalAllocatedBytes() - allocated);

        var done = latency.Summarise() ?? throw new BenchException("Nothing was done.");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{work}, {inFlight} in flight: {done.Count / took.TotalSeconds:N0} /s, p50 {done.P50:N2} ms, p99 {done.P99:N2} ms, max {done.Max:N1} ms; client CPU {used.TotalMicroseconds / done.Count:N1} µs and {(double)bytes / done.Count:N0} bytes allocated each; {failed} failed"));
        return 0;

        Task RunForAsync(int time, Latency? recorded)
        {
            var end = Stopwatch.GetTimestamp() + time * Stopwatch.Frequency;
            return Task.WhenAll(Enumerable.Range(0, inFlight).Select(_ => Task.Run(() => LoopAsync(end, recorded), ct)));
        }

        async Task LoopAsync(long end, Latency? recorded)
        {
            for (var now = Stopwatch.GetTimestamp(); now < end && !ct.IsCancellationRequested;)
            {
                try
                {
                    await DoAsync(Interlocked.Increment(ref next));
                }
                catch (StoreUnavailableException e)
                {
                    if (Interlocked.Increment(ref failed) == 1)
                        Console.Error.WriteLine(e.Message);
                }
                var after = Stopwatch.GetTimestamp();
                recorded?.Record(now, after);
                now = after;
            }
        }

        Task DoAsync(long n) => work switch
        {
            Work.Insert => session.ExecuteAsync(Insert(n, conditional: false), CancellationToken.None),
            Work.Conditional => session.ExecuteAsync(Insert(n, conditional: true), CancellationToken.None),
            Work.Batch => session.ExecuteBatchAsync([Insert(n, conditional: false), Insert(n + Partitions, conditional: false)], CancellationToken.None),
            _ => session.ExecuteAsync(new CqlStatement("SELECT n, t FROM bench WHERE k = ? LIMIT 10", n % Partitions), CancellationToken.None),
        };

        CqlStatement Insert(long n, bool conditional) =>
            new(conditional ? InsertIfNew : InsertAlways, n % Partitions, n, text)
            {
                Idempotent = !conditional,
            };
    }
}
