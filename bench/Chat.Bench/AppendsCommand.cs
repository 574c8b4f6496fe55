using System.Diagnostics;
using System.Globalization;
using Chat.Bench.Load;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;

namespace Chat.Bench;

/// <summary>
/// The clustered log beside its ceiling: appends, and the bare client's single inserts of the same rows, as many at a time and in turn on
/// one database.
/// </summary>
internal static class AppendsCommand
{
    private const string BareInsert =
        """
        INSERT INTO messaging_messages
            (conversation, bucket, seq_no, term, first, message_id, sender, device, client_msg_id, body, sent_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """;

    public static async Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        var runs = arguments.Int("--runs", 5);
        var inFlight = arguments.Int("--in-flight", 200);
        var seconds = arguments.Int("--seconds", 10);
        var warmup = arguments.Int("--warmup", 5, min: 0);
        var conversations = Enumerable.Range(0, arguments.Int("--conversations", 1_000)).Select(_ => ConversationId.NewGroup()).ToList();
        var text = MessageContent.Of(new string('x', arguments.Int("--text-bytes", 100)));
        var plainNames = arguments.Flag("--plain-names");
        var name = Guid.CreateVersion7();
        await using var cluster = await ClusterLog.OpenAsync(arguments, ct);
        var (session, log) = (cluster.Session, cluster.Log);

        // Each conversation has its writer then: a host that has just begun takes them over one by one, which is not what is measured.
        await Parallel.ForEachAsync(conversations, new ParallelOptions { MaxDegreeOfParallelism = 100, CancellationToken = ct }, async (conversation, _) =>
            await log.AppendAsync(Draft(conversation, -conversation.GetHashCode()), ct));

        var next = 0L;
        var bare = new List<double>();
        var appended = new List<double>();
        for (var run = 1; run <= runs; run++)
        {
            bare.Add(await MeasureAsync("insert", InsertAsync));
            appended.Add(await MeasureAsync("append", n => log.AppendAsync(Draft(conversations[(int)(n % conversations.Count)], n), CancellationToken.None)));
        }
        var ratios = bare.Zip(appended, (b, a) => a / b).Order().ToList();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{conversations.Count} conversations, {inFlight} in flight: {Median(bare):N0} inserts/s, {Median(appended):N0} appends/s, ratio {ratios[ratios.Count / 2]:N2} ({ratios[0]:N2}–{ratios[^1]:N2})"));
        return 0;

        MessageDraft Draft(ConversationId conversation, long n) => new(
            conversation, new DeviceAddress(UserId.Parse($"user{n % 1_000}".Replace('-', '_')), DeviceId.Parse("phone")), plainNames ? $"{name}-{n}" : $"{Guid.CreateVersion7()}",
            text, TimeProvider.System.GetUtcNow());

        Task InsertAsync(long n)
        {
            var draft = Draft(conversations[(int)(n % conversations.Count)], n);
            return session.ExecuteAsync(new CqlStatement(
                BareInsert, draft.Conversation.Value, -1L, n, 1L, n, Guid.CreateVersion7(), draft.Sender.User.Value, draft.Sender.Device.Value,
                draft.ClientMsgId, draft.Content.Text, draft.Now), CancellationToken.None);
        }

        async Task<double> MeasureAsync(string name, Func<long, Task> work)
        {
            await RunForAsync(warmup, work, null);
            using var latency = new Latency();
            using var process = Process.GetCurrentProcess();
            var (cpu, started) = (process.TotalProcessorTime, Stopwatch.GetTimestamp());
            await RunForAsync(seconds, work, latency);
            process.Refresh();
            var (used, took) = (process.TotalProcessorTime - cpu, Stopwatch.GetElapsedTime(started));
            var done = latency.Summarise() ?? throw new BenchException("Nothing was done.");
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{name}: {done.Count / took.TotalSeconds:N0} /s, p50 {done.P50:N1} ms, p99 {done.P99:N1} ms, max {done.Max:N0} ms, own CPU {used.TotalMicroseconds / done.Count:N0} µs each"));
            return done.Count / took.TotalSeconds;
        }

        Task RunForAsync(int time, Func<long, Task> work, Latency? recorded)
        {
            var end = Stopwatch.GetTimestamp() + time * Stopwatch.Frequency;
            return Task.WhenAll(Enumerable.Range(0, inFlight).Select(_ => Task.Run(() => LoopAsync(end, work, recorded), ct)));
        }

        async Task LoopAsync(long end, Func<long, Task> work, Latency? recorded)
        {
            for (var now = Stopwatch.GetTimestamp(); now < end && !ct.IsCancellationRequested;)
            {
                await work(Interlocked.Increment(ref next));
                var after = Stopwatch.GetTimestamp();
                recorded?.Record(now, after);
                now = after;
            }
        }
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
