using System.Collections.Concurrent;
using System.Diagnostics;
using Chat.Bench.Servers;
using Chat.Bench.Wire;

namespace Chat.Bench.Load;

/// <summary>One load on one server, or on several that are one: connects the users, drives them, measures a window, waits until all is quiet, and checks.</summary>
internal sealed partial class LoadRun : IDisposable
{
    private static readonly TimeSpan AckTick = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan PingTick = TimeSpan.FromSeconds(10);

    private readonly LoadOptions options;
    private readonly IReadOnlyList<Server> servers;
    private readonly ILoadWindow? window;
    private readonly Latency ackedHere = new(), ackedAcross = new(), deliveredHere = new(), deliveredAcross = new(), sentToReceipt = new(), generatorLate = new();
    private readonly ConcurrentDictionary<string, int> troubles = new(StringComparer.Ordinal);
    private readonly List<WebSocketClient> sockets = [];
    private readonly List<Endpoint> endpoints = [];     // under its own lock, as others look at it meanwhile
    private readonly List<Seat> seats = [];
    private readonly List<Flow> flows = [];
    private readonly List<Task> reading = [];
    private readonly HttpClient? http;
    private long measureFrom = long.MaxValue, measureTo = long.MaxValue;
    private readonly int runs;      // marks this run's messages; see Stamp.Run
    private volatile bool stopping;
    private int lost;
    private long neverSent;       // only the pacer, until it has ended

    private LoadRun(LoadOptions options, IReadOnlyList<Server> servers, ILoadWindow? window)
    {
        (this.options, this.servers, this.window) = (options, servers, window);
        runs = Random.Shared.Next(1, int.MaxValue - options.GroupSize);
        AcksDelivered = options.AckDelivered ?? !servers[0].IsRelay;
        http = Door is Door.Rest ? servers[0].NewHttpClient() : null;
    }

    public Door Door => servers[0].IsXmpp ? Door.Xmpp : options.Door;

    private const int FirstConnectsAtOnce = 16;

    public bool AcksDelivered { get; }
    public bool AcksEach => options.AckEach;
    public bool IsClosedLoop => options.Mode == LoadMode.Closed;
    public bool TakesTurns => options.Mode == LoadMode.Turns;
    public bool IsStopping => stopping;

    public static Task<LoadResult> RunAsync(LoadOptions options, Server server, CancellationToken ct) => RunAsync(options, [server], null, ct);

    /// <param name="servers">Of one cluster: a token of one is good at all.</param>
    /// <param name="window">What else is to be measured.</param>
    public static async Task<LoadResult> RunAsync(LoadOptions options, IReadOnlyList<Server> servers, ILoadWindow? window, CancellationToken ct)
    {
        using var run = new LoadRun(options, servers, window);
        return await run.RunAsync(ct);
    }

    public void SentToAck(long dueAt, long now, bool isAcross) => Record(isAcross ? ackedAcross : ackedHere, dueAt, now);
    public void SentToDelivered(long dueAt, long now, bool isAcross) => Record(isAcross ? deliveredAcross : deliveredHere, dueAt, now);
    public void SentToReceipt(long dueAt, long now) => Record(sentToReceipt, dueAt, now);
    public void GeneratorLate(long dueAt, long now) => Record(generatorLate, dueAt, now);
    public void CountNeverSent() => neverSent++;
    public void CountTrouble(string code) => troubles.AddOrUpdate(code, 1, static (_, count) => count + 1);

    public void Dispose()
    {
        foreach (var socket in sockets)
            socket.Dispose();
        http?.Dispose();
        foreach (var latency in (Latency[])[ackedHere, ackedAcross, deliveredHere, deliveredAcross, sentToReceipt, generatorLate, toCaughtUp])
            latency.Dispose();
    }

    private async Task<LoadResult> RunAsync(CancellationToken ct)
    {
        foreach (var conversation in await LoadConversation.MakeAsync(options, servers, ct))
            Seat(conversation);
        if (options.Return is not Return.None)
            // Their devices are known before anything waits for them.
            await IntroduceAsync([.. seats.Where(seat => seat.Outgoing is null)], ct);
        var senders = await ConnectAsync([.. seats.Where(seat => options.Return is Return.None || seat.Outgoing is not null)], FirstConnectsAtOnce, ct);
        await CaughtUpAsync(senders, ct);

        using var acking = new Timer(_ => Each(endpoint => endpoint.PostDueAcks()), null, AckTick, AckTick);
        using var pinging = new Timer(_ => Each(endpoint => endpoint.Ping()), null, PingTick, PingTick);
        var start = Stopwatch.GetTimestamp();
        measureFrom = start + options.Warmup * Stopwatch.Frequency;
        measureTo = measureFrom + options.Seconds * Stopwatch.Frequency;
        var driving = Drive(start);
        await Until(measureFrom, ct);
        var allocatedBefore = await AllocatedAsync(ct);
        var before = Snapshot.Take(flows, servers);
        if (window is not null)
            await window.BeginAsync();
        await Until(measureTo, ct);
        var after = Snapshot.Take(flows, servers);
        var allocated = await AllocatedAsync(ct) - allocatedBefore;
        if (window is not null)
            await window.EndAsync();
        stopping = true;
        await driving;

        await (options.Return is Return.None ? QuietAsync(ct) : QuietAsync(flow => flow.Acked >= flow.Sent, ct));
        var returned = await ReturnAsync(ct);
        await CloseAsync(ct);
        return Result(before, after, returned) with { ServerBytesPerMessage = allocated?.PerMessage };
    }

    private async Task CloseAsync(CancellationToken ct)
    {
        lost += endpoints.Count(endpoint => endpoint.HasEnded);
        // Or the server sends them again in the next run.
        Each(endpoint => endpoint.PostDueAcks(all: true));
        Each(endpoint => endpoint.Close());
        var ended = Task.WhenAll(reading);
        await Task.WhenAny(ended, Task.Delay(TimeSpan.FromSeconds(5), ct));
        foreach (var socket in sockets)
            socket.Dispose();
        await ended;
        lock (endpoints)
            endpoints.Clear();
        sockets.Clear();
        reading.Clear();
    }

    private void Each(Action<Endpoint> action)
    {
        lock (endpoints)
            endpoints.ForEach(action);
    }

    /// <summary>One endpoint for each seat, in their order. Waits for nothing that the server says then.</summary>
    private async Task<Endpoint[]> ConnectAsync(Seat[] some, int atOnce, CancellationToken ct)
    {
        var connected = new Endpoint[some.Length];
        await Parallel.ForAsync(0, some.Length, new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = ct }, async (i, stop) =>
        {
            var (seat, server) = (some[i], servers[some[i].Server]);
            var socket = Door is Door.Rest && seat.Outgoing is not null ? null : await server.ConnectAsync(seat.User, Door, stop);
            connected[i] = new Endpoint(this, seat, socket, take => new RestSender(server, http!, seat.User, take));
            var readingOne = connected[i].ReadAsync();
            lock (reading)
            {
                reading.Add(readingOne);
                if (socket is not null)
                    sockets.Add(socket);
            }
        });
        lock (endpoints)
            endpoints.AddRange(connected);
        return connected;
    }

    private async Task IntroduceAsync(Seat[] some, CancellationToken ct)
    {
        var known = await ConnectAsync(some, FirstConnectsAtOnce, ct);
        await CaughtUpAsync(known, ct);
        await CloseAsync(ct);
    }

    private static async Task CaughtUpAsync(Endpoint[] some, CancellationToken ct)
    {
        var caughtUp = some.Select(endpoint => endpoint.CaughtUp).ToArray();
        try
        {
            await Task.WhenAll(caughtUp).WaitAsync(Patience, ct);
        }
        catch (TimeoutException)
        {
            throw new BenchException($"{caughtUp.Count(task => !task.IsCompleted)} of {some.Length} users were not caught up within {Patience.TotalSeconds} s.");
        }
    }

    private void Seat(LoadConversation conversation)
    {
        var (id, users) = conversation;
        var senders = id.StartsWith("g:", StringComparison.Ordinal) ? options.Senders is 0 ? users.Count : options.Senders
            : options.BothDirections || TakesTurns ? 2 : 1;
        var sent = users.Select((_, i) => i < senders
            ? new Flow(id, MessageTemplate.Of(Door, id, users[(i + 1) % users.Count].Name, options.TextBytes), runs + i)
            : null).ToArray();
        flows.AddRange(sent.OfType<Flow>());
        for (var i = 0; i < users.Count; i++)
        {
            var incoming = new Incoming(id);
            foreach (var (sender, flow) in users.Zip(sent))
            {
                if (flow is not null && flow != sent[i])
                    incoming.Add(flow, isAcross: sender.Server != users[i].Server);
            }

            seats.Add(new Seat(users[i].Name, users[i].Server, sent[i], incoming.IsEmpty ? null : incoming));
        }
    }

    private Task Drive(long start)
    {
        var senders = endpoints.Where(endpoint => endpoint.Sends).ToArray();
        if (options.Mode == LoadMode.Open)
            return new Pacer(new ArrivalSchedule(options.Rate, options.Arrivals, start, new Random(1)), senders, this, measureTo, new Random(2)).RunAsync();

        // Every message in flight begins here; from its ack on the sender's reading loop sends its successor.
        // Where users take turns it is the first of each pair who begins, and from then on whoever got a message answers.
        foreach (var sender in TakesTurns ? endpoints.Where((_, i) => i % 2 == 0) : senders)
            sender.SendFirst(options.InFlight);
        return Task.CompletedTask;
    }

    /// <summary>What the host has allocated, and for how many messages. Null for what was not started here or is no host, and for several.</summary>
    private async Task<Allocated?> AllocatedAsync(CancellationToken ct) => servers is not [{ Name: "host" or "other", IsRunning: true } host] || options.Return is Return.Restart ? null : new Allocated(
        await host.MetricAsync("dotnet_gc_heap_total_allocated_bytes_total", ct), await host.MetricAsync("chat_messages_appended_total", ct));

    private static async Task Until(long timestamp, CancellationToken ct)
    {
        var wait = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), timestamp);
        if (wait > TimeSpan.Zero)
            await Task.Delay(wait, ct);
    }

    /// <summary>Until every message sent is acked and has arrived, or until waiting has no hope.</summary>
    private Task QuietAsync(CancellationToken ct) => QuietAsync(flow => flow.IsQuiet, ct);

    private async Task QuietAsync(Predicate<Flow> isQuiet, CancellationToken ct)
    {
        var deadline = Stopwatch.GetTimestamp() + (long)(options.QuietDeadline.TotalSeconds * Stopwatch.Frequency);
        while (flows.Exists(flow => !isQuiet(flow)) && Stopwatch.GetTimestamp() < deadline)
            await Task.Delay(20, ct);
    }

    private void Record(Latency latency, long dueAt, long now)
    {
        if (dueAt >= measureFrom && dueAt < measureTo)
            latency.Record(dueAt, now);
    }

    private LoadResult Result(Snapshot before, Snapshot after, ReturnResult? returned)
    {
        var incomings = seats.Select(seat => seat.Incoming).OfType<Incoming>().ToArray();
        var seconds = Stopwatch.GetElapsedTime(before.At, after.At).TotalSeconds;
        var acked = after.Acked - before.Acked;
        return new LoadResult
        {
            Server = servers[0].Name,
            Options = options,
            Expected = flows.Sum(flow => flow.Expected),
            Returned = returned,
            AckedPerSecond = acked / seconds,
            DeliveredPerSecond = (after.Arrived - before.Arrived) / seconds,
            SentToAck = Latency.Summarise(ackedHere, ackedAcross),
            SentToDelivered = Latency.Summarise(deliveredHere, deliveredAcross),
            SameServer = servers.Count > 1 ? new Latencies(ackedHere.Summarise(), deliveredHere.Summarise()) : null,
            Across = servers.Count > 1 ? new Latencies(ackedAcross.Summarise(), deliveredAcross.Summarise()) : null,
            SentToReceipt = sentToReceipt.Summarise(),
            GeneratorLate = generatorLate.Summarise(),
            ServerCpuMicrosecondsPerMessage = (after.ServerCpu - before.ServerCpu)?.TotalMicroseconds / acked,
            ServerRssBytes = after.ServerRss,
            GeneratorCpuMicrosecondsPerMessage = (after.OwnCpu - before.OwnCpu).TotalMicroseconds / acked,
            Sent = flows.Sum(flow => (long)flow.Sent),
            Acked = flows.Sum(flow => (long)flow.Acked),
            Arrived = flows.Sum(flow => flow.Arrived),
            AckedButMissing = flows.Sum(flow => flow.AckedButMissing),
            Duplicates = incomings.Sum(incoming => incoming.Duplicates),
            OutOfOrder = flows.Sum(flow => flow.AcksOutOfOrder) + incomings.Sum(incoming => incoming.OutOfOrder),
            NeverSent = neverSent + flows.Sum(flow => flow.NotQueued),
            LostConnections = lost,
            Troubles = new SortedDictionary<string, int>(troubles, StringComparer.Ordinal),
            Conversations = [.. flows.Select(flow => flow.ConversationId).Distinct()],
        };
    }

    private sealed record Allocated(double Bytes, double Messages)
    {
        public double PerMessage => Bytes / Messages;

        public static Allocated? operator -(Allocated? after, Allocated? before) =>
            after is null || before is null ? null : new Allocated(after.Bytes - before.Bytes, after.Messages - before.Messages);
    }

    /// <summary>The counters at one moment; the difference of two is what the window saw.</summary>
    private readonly record struct Snapshot(long At, long Acked, long Arrived, TimeSpan? ServerCpu, long? ServerRss, TimeSpan OwnCpu)
    {
        public static Snapshot Take(List<Flow> flows, IReadOnlyList<Server> servers)
        {
            var usages = servers.Select(server => server.Meter?.Read()).OfType<ProcessUsage>().ToArray();
            var areMeasured = usages.Length == servers.Count;
            return new Snapshot(Stopwatch.GetTimestamp(), flows.Sum(flow => (long)flow.Acked), flows.Sum(flow => flow.Arrived),
                areMeasured ? TimeSpan.FromTicks(usages.Sum(usage => usage.Cpu.Ticks)) : null, areMeasured ? usages.Sum(usage => usage.RssBytes) : null,
                Environment.CpuUsage.TotalTime);
        }
    }
}
