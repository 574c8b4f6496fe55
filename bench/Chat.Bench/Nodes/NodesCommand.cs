using Chat.Bench.Load;
using Chat.Bench.Servers;

namespace Chat.Bench.Nodes;

/// <summary>
/// The same load on 1, 2 and 3 hosts that share a database and a Redis: rate, latency between users of one host and of two, and what a message
/// costs the hosts, Redis and the database. With another build beside it, turn by turn.
/// </summary>
internal static class NodesCommand
{
    private const string Resent = "chat_delivery_resent_total";

    public const string Main = "host", Other = "other";

    /// <returns>0 when every run was clean, else 1.</returns>
    public static async Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        var options = NodesOptions.From(arguments);
        var json = arguments.Text("--json");
        arguments.RefuseUnknown();

        using var database = options.DatabaseProcess is { } process ? new ProcessMeter(process) : null;
        List<NodesResult> results = [];
        foreach (var servers in options.Servers)
        {
            // Both stay up and are warm after their first turn, as with `compare`.
            await using var other = options.Against is { } path
                ? await ServerCluster.StartAsync(Other, path, servers, options.Cql, options.RedisServer, ct)
                : null;
            await using var main = await ServerCluster.StartAsync(Main, options.Host, servers, options.Cql, options.RedisServer, ct);
            (ServerCluster Cluster, LogRows Rows)[] turns = [.. ((ServerCluster?[])[other, main]).OfType<ServerCluster>().Select(cluster => (cluster, new LogRows(cluster.Session)))];
            for (var run = 1; run <= options.Runs; run++)
            {
                foreach (var talk in options.Talks)
                {
                    foreach (var (cluster, rows) in turns)
                    {
                        var meter = new ClusterMeter(cluster.Redis, database);
                        var resent = await cluster.MetricAsync(Resent, ct);
                        var load = await LoadRun.RunAsync(options.LoadOf(talk), cluster.Servers, meter, ct);
                        var result = NodesResult.Of(cluster.Name, servers, talk, load, meter, await rows.TakeNewAsync(load.Conversations, ct)) with
                        {
                            Resent = await cluster.MetricAsync(Resent, ct) - resent,
                        };
                        results.Add(result);
                        Console.WriteLine($"{servers} servers, run {run}");
                        Console.Write(result);
                    }
                }
            }
        }

        foreach (var cell in results.GroupBy(result => (result.Servers, result.Talk)))
            Print(cell.Key.Servers, options, cell.Key.Talk, [.. cell]);
        await NodesJson.WriteAsync(json, [.. results], ct);
        return results.TrueForAll(result => result.Load.IsClean) ? 0 : 1;
    }

    private static void Print(int servers, NodesOptions options, Talk talk, List<NodesResult> results)
    {
        Console.WriteLine();
        Console.WriteLine($"{servers} servers, medians of {options.Runs} runs: {options.LoadOf(talk)}");
        var medians = new Medians<NodesResult>(results.FindAll(result => result.Build == Main), results.FindAll(result => result.Build == Other));
        medians.PrintHead(Main, Other);
        medians.PrintRow("acked messages/s", result => result.Load.AckedPerSecond);
        Latency("send to ack", load => load.SentToAck);
        Latency("  same server", load => load.SameServer?.SentToAck);
        Latency("  across", load => load.Across?.SentToAck);
        Latency("send to delivered", load => load.SentToDelivered);
        Latency("  same server", load => load.SameServer?.SentToDelivered);
        Latency("  across", load => load.Across?.SentToDelivered);
        medians.PrintRow("CPU a message, µs: servers", result => result.Load.ServerCpuMicrosecondsPerMessage);
        medians.PrintRow("  Redis", result => result.RedisCpuMicrosecondsPerMessage);
        medians.PrintRow("  database", result => result.DatabaseCpuMicrosecondsPerMessage);
        medians.PrintRow("Redis, a message: commands", result => result.RedisCommandsPerMessage);
        medians.PrintRow("  bytes in", result => result.RedisBytesInPerMessage);
        medians.PrintRow("  bytes out", result => result.RedisBytesOutPerMessage);
        medians.PrintRow("log, a message: rows of lost terms", result => result.LostRowsPerMessage);
        medians.PrintRow("  terms", result => result.TermsPerMessage);

        void Latency(string name, Func<LoadResult, LatencySummary?> latency)
        {
            medians.PrintRow($"{name} p50, ms", result => latency(result.Load)?.P50);
            medians.PrintRow($"{name} p99, ms", result => latency(result.Load)?.P99);
        }
    }
}
