using Chat.Bench.Load;
using Chat.Bench.Servers;

namespace Chat.Bench;

/// <summary>
/// A host and its yardstick, the relay or another build of the host, under the same load, in turn, on one machine in one run, so that a busy
/// neighbour meets both.
/// </summary>
internal static class CompareCommand
{
    /// <returns>0 when every run was clean, else 1.</returns>
    public static async Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        var options = LoadOptions.From(arguments);
        var runs = arguments.Int("--runs", 5);
        var host = arguments.Text("--host") ?? Server.DefaultHost;
        var against = arguments.Text("--against");
        var json = arguments.Text("--json");
        using var tls = arguments.Flag("--tls") ? new TestCertificate() : null;
        var xmpp = Server.XmppFrom(arguments);
        arguments.RefuseUnknown();

        // Both stay up: accounts are made once, and after the first turn both are warm. The one not under load uses no CPU to speak of.
        await using var hostServer = await Server.StartHostAsync(host, ct, tls: tls);
        await using var yardstick = xmpp ?? (against is null
            ? await Server.StartRelayAsync(likeHost: host, ct, tls)
            : await Server.StartHostAsync(against, ct, name: "other", tls: tls));
        List<LoadResult> results = [];
        for (var run = 1; run <= runs; run++)
        {
            foreach (var server in (Server[])[yardstick, hostServer])
            {
                var result = await LoadRun.RunAsync(options, server, ct);
                results.Add(result);
                Console.WriteLine($"run {run}");
                Console.Write(result);
            }
        }

        Print(options, runs, yardstick.Name, results);
        await ResultJson.WriteAsync(json, [.. results], ct);
        return results.All(result => result.IsClean) ? 0 : 1;
    }

    private static void Print(LoadOptions options, int runs, string yardstick, List<LoadResult> results)
    {
        Console.WriteLine();
        Console.WriteLine($"medians of {runs} runs: {options}");
        var medians = new Medians<LoadResult>(Of("host"), Of(yardstick));
        medians.PrintHead("host", yardstick);
        medians.PrintRow("acked messages/s", result => result.AckedPerSecond);
        medians.PrintRow("deliveries/s", result => result.DeliveredPerSecond);
        medians.PrintRow("send to ack p50, ms", result => result.SentToAck?.P50);
        medians.PrintRow("send to ack p99, ms", result => result.SentToAck?.P99);
        medians.PrintRow("send to delivered p50, ms", result => result.SentToDelivered?.P50);
        medians.PrintRow("send to delivered p99, ms", result => result.SentToDelivered?.P99);
        medians.PrintRow("server CPU a message, µs", result => result.ServerCpuMicrosecondsPerMessage);
        medians.PrintRow("server CPU a delivery, µs", result => result.ServerCpuMicrosecondsPerMessage * result.AckedPerSecond / result.DeliveredPerSecond);
        medians.PrintRow("server allocates a message, bytes", result => result.ServerBytesPerMessage);
        medians.PrintRow("generator CPU a message, µs", result => result.GeneratorCpuMicrosecondsPerMessage);
        medians.PrintRow("server resident, MiB", result => result.ServerRssBytes / 1048576.0);

        List<LoadResult> Of(string server) => results.FindAll(result => result.Server == server);
    }
}
