using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Chat.Bench.Load;
using Chat.Bench.Servers;

namespace Chat.Bench.Nodes;

/// <summary>
/// Hosts with idle connections: what these cost in Redis's memory and in CPU, and how long until all is well again when a host is killed, and when Redis
/// has lost everything.
/// </summary>
internal static class NodesIdleCommand
{
    private const string Users = "bench-idle-";
    private const int AtOnce = 64;
    private const int OtherFiles = 500;      // assemblies, logs, connections to the stores
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public static async Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        var cql = arguments.Text("--cql") ?? throw new ArgumentException("Name the database: --cql HOST:PORT.");
        var count = arguments.Int("--servers", 3, min: 2);
        var each = arguments.Int("--connections", 5_000);
        var seconds = arguments.Int("--seconds", 30);
        var host = arguments.Text("--host") ?? Server.DefaultHost;
        var redisServer = arguments.Text("--redis-server") ?? "redis-server";
        var databaseProcess = arguments.Int("--cql-pid", 0, min: 0);
        var json = arguments.Text("--json");
        arguments.RefuseUnknown();
        if (Posix.MaxOpenFiles() is var files && (ulong)(count * each + OtherFiles) > files)
            throw new BenchException($"{count * each} connections need as many open files, and this process may have {files}: raise ulimit -n, or name fewer --connections.");

        await using var cluster = await ServerCluster.StartAsync("host", host, count, cql, redisServer, ct);
        using var database = databaseProcess > 0 ? new ProcessMeter(databaseProcess) : null;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(ct);
        try
        {
            var result = await MeasureAsync(cluster, database, each, seconds, ending.Token);
            Console.Write(result);
            if (json is not null)
                await File.WriteAllTextAsync(json, JsonSerializer.Serialize(result, IdleJson.Default.NodesIdleResult), ct);
            return 0;
        }
        finally
        {
            await ending.CancelAsync();
        }
    }

    private static async Task<NodesIdleResult> MeasureAsync(ServerCluster cluster, ProcessMeter? database, int each, int seconds, CancellationToken ct)
    {
        IReadOnlyList<Server> live = cluster.Servers;
        var devices = Enumerable.Range(0, each * live.Count).Select(n => new IdleDevice($"{Users}{n:D6}", () => live)).ToArray();

        var before = await cluster.Redis.ReadAsync();
        var (serversBefore, databaseBefore) = (CpuOf(live), database?.Read().Cpu);
        var start = Stopwatch.GetTimestamp();
        await Parallel.ForAsync(0, devices.Length, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct },
            async (n, stop) => await devices[n].StartAsync(live[n % live.Count], ct).WaitAsync(stop));
        var connecting = Stopwatch.GetElapsedTime(start);
        await RegisteredAsync(cluster, devices.Length, ct);
        var (connectCpu, connectDatabaseCpu) = (CpuOf(live) - serversBefore, database?.Read().Cpu - databaseBefore);
        var memory = await cluster.Redis.ReadAsync() - before;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{devices.Length:N0} devices connected to {live.Count} hosts in {connecting.TotalSeconds:N1} s; idle for {seconds} s"));

        before = await cluster.Redis.ReadAsync();
        var servers = live.Select(server => server.Meter!.Read().Cpu).ToArray();
        databaseBefore = database?.Read().Cpu;
        await Task.Delay(TimeSpan.FromSeconds(seconds), ct);
        var idle = await cluster.Redis.ReadAsync() - before;
        var serversCpu = live.Select((server, n) => server.Meter!.Read().Cpu - servers[n]).ToArray();
        var databaseCpu = database?.Read().Cpu - databaseBefore;

        var killed = live[^1];
        var (lost, redrained) = (devices.Where(device => device.At == killed).ToArray(), await RedrainedAsync(live.SkipLast(1), ct));
        live = [.. live.SkipLast(1)];
        Console.WriteLine($"kill -9 of a host with {lost.Length} connections");
        (serversBefore, databaseBefore) = (CpuOf(live), database?.Read().Cpu);
        var killedAt = Stopwatch.GetTimestamp();
        await killed.KillAsync();
        await WaitAsync(() => Task.FromResult(Array.TrueForAll(lost, device => device.IsCaughtUp && device.CaughtUpAt > killedAt)), "all are back", ct);
        var (backCpu, backDatabaseCpu) = (CpuOf(live) - serversBefore, database?.Read().Cpu - databaseBefore);
        using var back = new Latency();
        foreach (var device in lost)
            back.Record(killedAt, device.CaughtUpAt);
        var othersLooked = Stopwatch.GetElapsedTime(killedAt, await LookedAgainAsync(live, redrained, devices.Length - lost.Length, ct));

        redrained = await RedrainedAsync(live, ct);
        Console.WriteLine("FLUSHALL");
        var flushedAt = Stopwatch.GetTimestamp();
        await cluster.Redis.ForgetAllAsync();
        await RegisteredAsync(cluster, devices.Length, ct);
        var registered = Stopwatch.GetElapsedTime(flushedAt);
        var looked = Stopwatch.GetElapsedTime(flushedAt, await LookedAgainAsync(live, redrained, devices.Length, ct));

        return new NodesIdleResult
        {
            Servers = cluster.Servers.Count,
            Connections = devices.Length,
            ConnectSeconds = connecting.TotalSeconds,
            ServerCpuMsPerConnect = connectCpu.TotalMilliseconds / devices.Length,
            DatabaseCpuMsPerConnect = connectDatabaseCpu?.TotalMilliseconds / devices.Length,
            RedisDataBytesPerConnection = memory.DataBytes / devices.Length,
            RedisMemoryBytesPerConnection = memory.MemoryBytes / devices.Length,
            ServerCores = [.. serversCpu.Select(cpu => cpu.TotalSeconds / seconds)],
            RedisCores = idle.CpuSeconds / seconds,
            DatabaseCores = databaseCpu?.TotalSeconds / seconds,
            RedisCommandsPerSecond = idle.Commands / seconds,
            RedisBytesPerSecond = idle.Bytes / seconds,
            Killed = lost.Length,
            BackAfterKill = back.Summarise()!,
            ServerCpuMsPerReturn = backCpu.TotalMilliseconds / lost.Length,
            DatabaseCpuMsPerReturn = backDatabaseCpu?.TotalMilliseconds / lost.Length,
            ConnectFailures = devices.Sum(device => device.Failures),
            OthersLookedAgainSeconds = othersLooked.TotalSeconds,
            RegisteredAfterFlushSeconds = registered.TotalSeconds,
            LookedAgainAfterFlushSeconds = looked.TotalSeconds,
        };
    }

    private static TimeSpan CpuOf(IEnumerable<Server> servers) => TimeSpan.FromTicks(servers.Sum(server => server.Meter!.Read().Cpu.Ticks));

    private static Task RegisteredAsync(ServerCluster cluster, int users, CancellationToken ct) =>
        WaitAsync(async () => await cluster.Redis.CountKeysAsync($"*{{u:{Users}*}}:devices") >= users, "all connections are registered", ct);

    private static async Task<double> RedrainedAsync(IEnumerable<Server> servers, CancellationToken ct) =>
        (await Task.WhenAll(servers.Select(server => server.MetricAsync("chat_delivery_redrained_total", ct)))).Sum();

    /// <returns>When the last of them had: as many as are there, and no more for 2 s.</returns>
    private static async Task<long> LookedAgainAsync(IReadOnlyList<Server> servers, double before, int connections, CancellationToken ct)
    {
        var (seen, lastAt) = (before, Stopwatch.GetTimestamp());
        await WaitAsync(async () =>
        {
            if (await RedrainedAsync(servers, ct) is var now && now > seen)
                (seen, lastAt) = (now, Stopwatch.GetTimestamp());
            return seen - before >= connections && Stopwatch.GetElapsedTime(lastAt) > TimeSpan.FromSeconds(2);
        }, $"{connections} connections have looked again", ct);
        return lastAt;
    }

    private static async Task WaitAsync(Func<Task<bool>> condition, string what, CancellationToken ct)
    {
        var start = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(start) > Patience)
                throw new BenchException($"Waited {Patience.TotalMinutes:N0} min in vain until {what}.");
            await Task.Delay(100, ct);
        }
    }
}

/// <summary>Cores: CPU over time, so that 0.01 is a hundredth of a core. The hosts' in their order.</summary>
internal sealed record NodesIdleResult
{
    public int Servers { get; init; }
    public int Connections { get; init; }
    public double ConnectSeconds { get; init; }
    /// <summary>All hosts together, a device that has never been there before.</summary>
    public double ServerCpuMsPerConnect { get; init; }
    public double? DatabaseCpuMsPerConnect { get; init; }
    public double RedisDataBytesPerConnection { get; init; }
    public double RedisMemoryBytesPerConnection { get; init; }
    public required IReadOnlyList<double> ServerCores { get; init; }
    public double RedisCores { get; init; }
    public double? DatabaseCores { get; init; }
    public double RedisCommandsPerSecond { get; init; }
    public double RedisBytesPerSecond { get; init; }
    public int Killed { get; init; }
    /// <summary>From the kill until each device that was connected there had <c>caughtUp</c> on another host.</summary>
    public required LatencySummary BackAfterKill { get; init; }
    /// <summary>All that the hosts left did meanwhile, over the devices that came back.</summary>
    public double ServerCpuMsPerReturn { get; init; }
    public double? DatabaseCpuMsPerReturn { get; init; }
    public int ConnectFailures { get; init; }
    /// <summary>From the kill until every connection of the other hosts had looked for what the dead one may not have told.</summary>
    public double OthersLookedAgainSeconds { get; init; }
    public double RegisteredAfterFlushSeconds { get; init; }
    public double LookedAgainAfterFlushSeconds { get; init; }

    public override string ToString()
    {
        var cores = string.Join(", ", ServerCores.Select(core => core.ToString("N3", CultureInfo.InvariantCulture)));
        var (connect, back) = (Cpu(ServerCpuMsPerConnect, DatabaseCpuMsPerConnect), Cpu(ServerCpuMsPerReturn, DatabaseCpuMsPerReturn));
        var database = DatabaseCores is { } used ? string.Create(CultureInfo.InvariantCulture, $", database {used:N3}") : "";
        return string.Create(CultureInfo.InvariantCulture, $"""
            connecting             {Connections:N0} in {ConnectSeconds:N1} s, each {connect}
            Redis a connection     {RedisDataBytesPerConnection,8:N0} bytes of keys and values, {RedisMemoryBytesPerConnection:N0} of memory in all
            idle, cores            hosts {cores}; Redis {RedisCores:N4}{database}; {RedisCommandsPerSecond:N1} commands and {RedisBytesPerSecond:N0} bytes/s of Redis
            after kill -9          {Killed:N0} connections back and caughtUp: p50 {BackAfterKill.P50 / 1000:N2} s, p99 {BackAfterKill.P99 / 1000:N2} s, all {BackAfterKill.Max / 1000:N2} s ({ConnectFailures} failed attempts), each {back}; the others had looked again after {OthersLookedAgainSeconds:N1} s
            after FLUSHALL         all registered after {RegisteredAfterFlushSeconds:N1} s, all had looked again after {LookedAgainAfterFlushSeconds:N1} s

            """);

        static string Cpu(double servers, double? database) => string.Create(CultureInfo.InvariantCulture, $"{servers:N2} ms of CPU of the hosts") +
            (database is { } used ? string.Create(CultureInfo.InvariantCulture, $" and {used:N2} of the database") : "");
    }
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(NodesIdleResult))]
internal sealed partial class IdleJson : JsonSerializerContext;
