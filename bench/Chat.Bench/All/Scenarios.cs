using System.Globalization;
using System.Runtime.CompilerServices;
using Chat.Bench.Load;
using Chat.Bench.Servers;

namespace Chat.Bench.All;

/// <summary>What <c>bench all</c> runs. Each scenario has servers of its own, with empty data directories.</summary>
internal sealed class Scenarios(AllOptions options, SigningKeyFile key, TestCertificate certificate)
{
    private const string Relay = "bare relay:";

    private readonly LoadOptions pairs = new()
    {
        Pairs = options.IsQuick ? 50 : 200, InFlight = 1, Seconds = options.Seconds, Warmup = options.Warmup, TextBytes = 100,
    };

    public IReadOnlyList<Scenario> All =>
    [
        Pairs("/ws", pairs),
        Pairs("/ws, 8 in flight", pairs with { InFlight = 8 }),
        Pairs("/ws, TLS", pairs, tls: true),
        Pairs("/hub", pairs with { Door = Door.Hub }),
        Pairs("/hub, 8 in flight", pairs with { Door = Door.Hub, InFlight = 8 }),
        Pairs("/hub, TLS", pairs with { Door = Door.Hub }, tls: true),
        Pairs("REST", pairs with { Door = Door.Rest }, yardstick: false),
        Load("burst /ws", pairs with { Mode = LoadMode.Open, Arrivals = Arrivals.Burst, Rate = 2_000 }, Relay, Latencies),
        Group("/ws", 1, Door.Ws), Group("/ws", 8, Door.Ws), Group("/hub", 1, Door.Hub), Group("/hub", 8, Door.Hub), Group("/ws, TLS", 1, Door.Ws, tls: true),
        new("channel /ws", $"10,000 members, {options.ChannelReaders} connected, who fetch what they are told of; 2 messages/s", null, ct => HostTurnsAsync(ChannelAsync, ct)),
        Idle("ws"), Idle("hub"),
        Load("storm /ws", pairs with { Pairs = options.StormPairs, Mode = LoadMode.Open, Rate = options.StormPairs, Return = Return.Restart }, null, Storm),
        Load("offline /ws", pairs with { Return = Return.Away }, "receivers connected:", Offline),
        new("mixed /ws", string.Create(CultureInfo.InvariantCulture, $"{Mixed.Load(pairs)}; and {Visits.PerSecond} visits/s of other devices: connect, list, history, typing, read"), null,
            ct => HostTurnsAsync((server, stop) => Mixed.RunAsync(server, pairs, key, stop), ct)),
        new("start empty", "to /health/ready, polled each 10 ms", null, EmptyStartsAsync),
        new("start with data", string.Create(CultureInfo.InvariantCulture, $"{options.Messages:N0} messages or more; files in the page cache"), null, StartsAsync),
    ];

    private Scenario Pairs(string door, LoadOptions load, bool tls = false, bool yardstick = true) => Load($"pairs {door}", load, yardstick ? Relay : null, Rates, tls);

    private Scenario Group(string door, int senders, Door by, bool tls = false) => Load($"group {door}, {senders} {(senders == 1 ? "sender" : "senders")}",
        pairs with { Pairs = 0, Groups = 1, GroupSize = options.IsQuick ? 64 : 256, Senders = senders, Door = by }, Relay, Deliveries, tls);

    private Scenario Load(string name, LoadOptions load, string? yardstick, Func<LoadResult, Figure[]> figures, bool tls = false) =>
        new(name, $"{load}", yardstick, ct => LoadTurnsAsync(load, yardstick, figures, tls ? certificate : null, ct));

    private async IAsyncEnumerable<Turn> LoadTurnsAsync(
        LoadOptions load, string? yardstick, Func<LoadResult, Figure[]> figures, TestCertificate? tls, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var host = await HostAsync(ct, tls);
        await using var relay = yardstick == Relay ? await Server.StartRelayAsync(options.Host, ct, tls) : null;
        for (var run = 0; run < options.Runs; run++)
        {
            // Beside receivers that are away: the same host, the receivers connected.
            var beside = yardstick is null ? null : relay is not null ? await LoadRun.RunAsync(load, relay, ct) : await LoadRun.RunAsync(load with { Return = Return.None }, host, ct);
            var measured = await LoadRun.RunAsync(load, host, ct);
            yield return new Turn(beside is null ? null : new Sample(figures(beside), Verdict.Of(beside)), new Sample(figures(measured), Verdict.Of(measured)));
        }
    }

    private async IAsyncEnumerable<Turn> HostTurnsAsync(Func<Server, CancellationToken, Task<Sample>> run, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var host = await HostAsync(ct);
        for (var turn = 0; turn < options.Runs; turn++)
            yield return new Turn(null, await run(host, ct));
    }

    private Task<Sample> ChannelAsync(Server server, CancellationToken ct) =>
        Channel.RunAsync(server, members: 10_000, options.ChannelReaders, perSecond: 2, options.Seconds, ct);

    private Scenario Idle(string door) => new($"idle /{door}", string.Create(CultureInfo.InvariantCulture, $"{options.IdleConnections:N0} connections after as many as a fifth of them"), Relay, ct => IdleTurnsAsync(door, ct));

    private async IAsyncEnumerable<Turn> IdleTurnsAsync(string door, [EnumeratorCancellation] CancellationToken ct)
    {
        for (var run = 0; run < (options.IsQuick ? 1 : options.Runs); run++)
        {
            var relay = await MeasureAsync(() => Server.StartRelayAsync(options.Host, ct));
            yield return new Turn(relay, await MeasureAsync(() => HostAsync(ct)));
        }

        async Task<Sample> MeasureAsync(Func<Task<Server>> start)
        {
            var idle = await IdleCommand.MeasureAsync(start, door, options.IdleConnections / 5, options.IdleConnections, options.Seconds, ct);
            return new Sample(
            [
                new("resident at rest, MiB", idle.AtRestBytes / 1048576.0),
                new("a connection, KiB", idle.KibEach),
                new("CPU to open one, ms", idle.OpenCpu.TotalMilliseconds),
                new("CPU of all, % of a core", idle.IdleCpu * 100),
            ], Verdict.Clean);
        }
    }

    private async IAsyncEnumerable<Turn> EmptyStartsAsync([EnumeratorCancellation] CancellationToken ct)
    {
        for (var run = 0; run < options.Runs; run++)
        {
            var (server, took) = await IdleCommand.StartedAsync(() => HostAsync(ct));
            await using var started = server;
            yield return new Turn(null, new Sample([new("until ready, s", took.TotalSeconds), new("CPU until ready, s", server.Meter!.Read().Cpu.TotalSeconds)], Verdict.Clean));
        }
    }

    private async IAsyncEnumerable<Turn> StartsAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await using var host = await HostAsync(ct);
        var verdict = Verdict.Clean;
        for (long stored = 0; stored < options.Messages;)
        {
            var filled = await LoadRun.RunAsync(pairs with { InFlight = 16, Warmup = 0 }, host, ct);
            (stored, verdict) = (stored + filled.Acked, verdict + Verdict.Of(filled));
        }

        for (var run = 0; run < options.Runs; run++)
        {
            await host.StopAsync(ct);
            var afterStop = await host.StartAgainAsync(ct);
            await host.KillAsync();
            var afterKill = await host.StartAgainAsync(ct);
            yield return new Turn(null, new Sample(
            [
                new("after SIGTERM until ready, s", afterStop.TotalSeconds),
                new("after kill -9 until ready, s", afterKill.TotalSeconds),
                new("CPU until ready, s", host.Meter!.Read().Cpu.TotalSeconds),
            ], verdict));
        }
    }

    private Task<Server> HostAsync(CancellationToken ct, TestCertificate? tls = null) => Server.StartHostAsync(options.Host, ct, key: key, tls: tls);

    private static Figure[] Rates(LoadResult result) =>
    [
        new("acked messages/s", result.AckedPerSecond),
        new("send to delivered p99, ms", result.SentToDelivered?.P99 ?? double.NaN),
        Cpu(result),
    ];

    private static Figure[] Latencies(LoadResult result) =>
    [
        new("send to delivered p50, ms", result.SentToDelivered?.P50 ?? double.NaN),
        new("send to delivered p99, ms", result.SentToDelivered?.P99 ?? double.NaN),
        new("send to delivered, longest, ms", result.SentToDelivered?.Max ?? double.NaN),
        Cpu(result),
    ];

    private static Figure[] Deliveries(LoadResult result) => [new("deliveries/s", result.DeliveredPerSecond), .. Rates(result)[1..]];

    private static Figure[] Offline(LoadResult result) =>
    [
        new("stored messages/s", result.AckedPerSecond),
        Cpu(result),
        .. result.Returned is { } back ? (Figure[])[new("drained messages/s", back.MessagesPerSecond), new("messages of each device", (double)back.Messages / back.Devices)] : [],
    ];

    private static Figure[] Storm(LoadResult result) =>
    [
        new("devices/s that are back and have all", result.Returned!.Devices / result.Returned.Seconds),
        new("connect to caughtUp p50, ms", result.Returned.ToCaughtUp?.P50 ?? double.NaN),
        new("connect to caughtUp p99, ms", result.Returned.ToCaughtUp?.P99 ?? double.NaN),
        new("server CPU a device, ms", result.Returned.CpuMilliseconds ?? double.NaN),
    ];

    private static Figure Cpu(LoadResult result) => new("server CPU a message, µs", result.ServerCpuMicrosecondsPerMessage ?? double.NaN);
}
