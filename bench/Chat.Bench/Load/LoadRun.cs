using System.Collections.Concurrent;
using System.Diagnostics;
using Chat.Bench.Servers;
using Chat.Bench.Wire;

namespace Chat.Bench.Load;

/// <summary>One load on one server: connects the pairs, drives them, measures a window, waits until all is quiet, and checks.</summary>
internal sealed class LoadRun : IDisposable
{
    private static readonly TimeSpan AckTick = TimeSpan.FromMilliseconds(20);

    private readonly LoadOptions options;
    private readonly Server server;
    private readonly Latency sentToAck = new(), sentToDelivered = new(), sentToReceipt = new(), generatorLate = new();
    private readonly ConcurrentDictionary<string, int> troubles = new(StringComparer.Ordinal);
    private readonly List<WebSocketClient> sockets = [];
    private readonly List<Endpoint> endpoints = [];
    private readonly List<Flow> flows = [];
    private long measureFrom = long.MaxValue, measureTo = long.MaxValue;
    private volatile bool stopping;
    private long neverSent;       // only the pacer, until it has ended

    private LoadRun(LoadOptions options, Server server)
    {
        this.options = options;
        this.server = server;
        AcksDelivered = options.AckDelivered ?? !server.IsRelay;
    }

    public bool AcksDelivered { get; }
    public bool AcksEach => options.AckEach;
    public bool IsClosedLoop => options.Mode == LoadMode.Closed;
    public bool IsStopping => stopping;

    public static async Task<LoadResult> RunAsync(LoadOptions options, Server server, CancellationToken ct)
    {
        using var run = new LoadRun(options, server);
        return await run.RunAsync(ct);
    }

    public void SentToAck(long dueAt, long now) => Record(sentToAck, dueAt, now);
    public void SentToDelivered(long dueAt, long now) => Record(sentToDelivered, dueAt, now);
    public void SentToReceipt(long dueAt, long now) => Record(sentToReceipt, dueAt, now);
    public void GeneratorLate(long dueAt, long now) => Record(generatorLate, dueAt, now);
    public void CountNeverSent() => neverSent++;
    public void CountTrouble(string code) => troubles.AddOrUpdate(code, 1, static (_, count) => count + 1);

    public void Dispose()
    {
        foreach (var socket in sockets)
            socket.Dispose();
        foreach (var latency in (Latency[])[sentToAck, sentToDelivered, sentToReceipt, generatorLate])
            latency.Dispose();
    }

    private async Task<LoadResult> RunAsync(CancellationToken ct)
    {
        await ConnectAsync(ct);
        var reading = Task.WhenAll(endpoints.Select(endpoint => endpoint.ReadAsync()));
        if (!server.IsRelay)
            await Task.WhenAll(endpoints.Select(endpoint => endpoint.CaughtUp)).WaitAsync(TimeSpan.FromSeconds(60), ct);

        using var acking = new Timer(_ => endpoints.ForEach(endpoint => endpoint.PostDueAcks()), null, AckTick, AckTick);
        var start = Stopwatch.GetTimestamp();
        measureFrom = start + options.Warmup * Stopwatch.Frequency;
        measureTo = measureFrom + options.Seconds * Stopwatch.Frequency;
        var driving = Drive(start);
        await Until(measureFrom, ct);
        var before = Snapshot.Take(flows, server);
        await Until(measureTo, ct);
        var after = Snapshot.Take(flows, server);
        stopping = true;
        await driving;

        await QuietAsync(ct);
        var lost = sockets.Count(socket => socket.HasEnded);
        // Or the server sends them again in the next run.
        endpoints.ForEach(endpoint => endpoint.PostDueAcks(all: true));
        foreach (var socket in sockets)
            socket.SendClose();
        await Task.WhenAny(reading, Task.Delay(TimeSpan.FromSeconds(5), ct));
        foreach (var socket in sockets)
            socket.Dispose();
        await reading;
        return Result(before, after, lost);
    }

    private async Task ConnectAsync(CancellationToken ct)
    {
        var run = Random.Shared.Next(1, int.MaxValue);
        var users = Enumerable.Range(0, options.Pairs).SelectMany(pair => (string[])[$"bench-a-{pair:D5}", $"bench-b-{pair:D5}"]).ToArray();
        await server.Accounts.RegisterAsync(users, ct);

        var connected = new WebSocketClient[users.Length];
        await Parallel.ForEachAsync(Enumerable.Range(0, users.Length), new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = ct },
            async (i, stop) => connected[i] = await server.ConnectAsync(users[i], stop));
        sockets.AddRange(connected);

        for (var i = 0; i < users.Length; i += 2)
        {
            var conversation = $"dm:{users[i]}:{users[i + 1]}";
            var there = new Flow(conversation, options.TextBytes, run);
            var back = options.BothDirections ? new Flow(conversation, options.TextBytes, run) : null;
            flows.Add(there);
            if (back is not null)
                flows.Add(back);
            endpoints.Add(new Endpoint(this, connected[i], there, back));
            endpoints.Add(new Endpoint(this, connected[i + 1], back, there));
        }
    }

    private Task Drive(long start)
    {
        var senders = endpoints.Where(endpoint => endpoint.Sends).ToArray();
        if (options.Mode == LoadMode.Open)
            return new Pacer(new ArrivalSchedule(options.Rate, options.Arrivals, start, new Random(1)), senders, this, measureTo, new Random(2)).RunAsync();

        // Every message in flight begins here; from its ack on the sender's reading loop sends its successor.
        foreach (var sender in senders)
            sender.SendFirst(options.InFlight);
        return Task.CompletedTask;
    }

    private static async Task Until(long timestamp, CancellationToken ct)
    {
        var wait = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), timestamp);
        if (wait > TimeSpan.Zero)
            await Task.Delay(wait, ct);
    }

    /// <summary>Until every message sent is acked and has arrived, or until waiting has no hope.</summary>
    private async Task QuietAsync(CancellationToken ct)
    {
        var deadline = Stopwatch.GetTimestamp() + (long)(options.QuietDeadline.TotalSeconds * Stopwatch.Frequency);
        while (flows.Any(flow => flow.Acked < flow.Sent || flow.Arrived < flow.Sent) && Stopwatch.GetTimestamp() < deadline)
            await Task.Delay(20, ct);
    }

    private void Record(Latency latency, long dueAt, long now)
    {
        if (dueAt >= measureFrom && dueAt < measureTo)
            latency.Record(dueAt, now);
    }

    private LoadResult Result(Snapshot before, Snapshot after, int lostConnections)
    {
        var seconds = Stopwatch.GetElapsedTime(before.At, after.At).TotalSeconds;
        var acked = after.Acked - before.Acked;
        return new LoadResult
        {
            Server = server.Name,
            Options = options,
            AckedPerSecond = acked / seconds,
            DeliveredPerSecond = (after.Arrived - before.Arrived) / seconds,
            SentToAck = sentToAck.Summarise(),
            SentToDelivered = sentToDelivered.Summarise(),
            SentToReceipt = sentToReceipt.Summarise(),
            GeneratorLate = generatorLate.Summarise(),
            ServerCpuMicrosecondsPerMessage = (after.ServerCpu - before.ServerCpu)?.TotalMicroseconds / acked,
            ServerRssBytes = after.ServerRss,
            GeneratorCpuMicrosecondsPerMessage = (after.OwnCpu - before.OwnCpu).TotalMicroseconds / acked,
            Sent = flows.Sum(flow => (long)flow.Sent),
            Acked = flows.Sum(flow => (long)flow.Acked),
            Arrived = flows.Sum(flow => (long)flow.Arrived),
            AckedButMissing = flows.Sum(flow => flow.AckedButMissing),
            Duplicates = flows.Sum(flow => flow.Duplicates),
            OutOfOrder = flows.Sum(flow => flow.ArrivedOutOfOrder + flow.AcksOutOfOrder),
            NeverSent = neverSent + flows.Sum(flow => flow.NotQueued),
            LostConnections = lostConnections,
            Troubles = new SortedDictionary<string, int>(troubles, StringComparer.Ordinal),
        };
    }

    /// <summary>The counters at one moment; the difference of two is what the window saw.</summary>
    private readonly record struct Snapshot(long At, long Acked, long Arrived, TimeSpan? ServerCpu, long? ServerRss, TimeSpan OwnCpu)
    {
        public static Snapshot Take(List<Flow> flows, Server server)
        {
            var usage = server.Meter?.Read();
            return new Snapshot(Stopwatch.GetTimestamp(), flows.Sum(flow => (long)flow.Acked), flows.Sum(flow => (long)flow.Arrived),
                usage?.Cpu, usage?.RssBytes, Environment.CpuUsage.TotalTime);
        }
    }
}
