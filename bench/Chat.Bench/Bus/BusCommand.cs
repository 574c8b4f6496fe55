using System.Diagnostics;
using System.Globalization;
using Chat.Bench.Load;
using Chat.Bench.Servers;

namespace Chat.Bench.Bus;

/// <summary>What a message from node to node costs, over a channel of Redis, a stream of it, and the server's own bus: latency at a rate, and the most that goes through.</summary>
internal static class BusCommand
{
    private static readonly (string Name, Func<string, Action<ReadOnlyMemory<byte>>, Task<IBusTransport>> Connect)[] Transports =
        [("channel", ChannelTransport.ConnectAsync), ("stream", StreamTransport.ConnectAsync), ("bus", NodesTransport.ConnectAsync)];

    public static async Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        var program = arguments.Text("--redis-server") ?? "redis-server";
        var rate = arguments.Int("--rate", 2_000);
        var inFlight = arguments.Int("--in-flight", 1_000);
        var bytes = arguments.Int("--text-bytes", 300, min: 16);
        var seconds = arguments.Int("--seconds", 5);
        var warmup = arguments.Int("--warmup", 2, min: 0);
        var runs = arguments.Int("--runs", 3);
        arguments.RefuseUnknown();

        for (var run = 0; run < runs; run++)
        {
            foreach (var (name, connect) in Transports)
            {
                await using var redis = await RedisProcess.StartAsync(program);
                using var load = new BusLoad(bytes);
                await using var transport = await connect(redis.Address, load.Receive);
                await load.PaceAsync(transport, rate, warmup, ct);
                await load.FillAsync(transport, inFlight, warmup, ct);

                await PrintAsync($"{name}, {rate:N0}/s", redis, load, seconds, () => load.PaceAsync(transport, rate, seconds, ct));
                await PrintAsync($"{name}, {inFlight:N0} in flight", redis, load, seconds, () => load.FillAsync(transport, inFlight, seconds, ct));
            }
        }
        return 0;
    }

    private static async Task PrintAsync(string what, RedisProcess redis, BusLoad load, int seconds, Func<Task> measure)
    {
        using var process = Process.GetCurrentProcess();
        load.Begin();
        var (before, cpu) = (await redis.ReadAsync(), process.TotalProcessorTime);
        await measure();
        process.Refresh();
        var (after, used) = (await redis.ReadAsync(), process.TotalProcessorTime - cpu);
        var done = load.Latency.Summarise() ?? throw new BenchException("Nothing arrived.");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{what,-24} {done.Count / (double)seconds,9:N0} /s  p50 {done.P50,6:N2} ms  p99 {done.P99,6:N2} ms  Redis {(after.CpuSeconds - before.CpuSeconds) * 1e6 / done.Count,5:N1} µs, {(after.Commands - before.Commands) / done.Count,4:N2} commands, {(after.Bytes - before.Bytes) / done.Count,5:N0} bytes a message; both nodes {used.TotalMicroseconds / done.Count,5:N1} µs"));
    }

    private sealed class BusLoad(int bytes) : IDisposable
    {
        private SemaphoreSlim? _room;
        private long _sent;
        private long _arrived;

        public Latency Latency { get; private set; } = new();

        public void Begin()
        {
            Latency.Dispose();
            Latency = new Latency();
        }

        public void Receive(ReadOnlyMemory<byte> message)
        {
            Latency.Record(BitConverter.ToInt64(message.Span), Stopwatch.GetTimestamp());
            Interlocked.Increment(ref _arrived);
            _room?.Release();
        }

        /// <summary>Sends at a rate, whatever arrives.</summary>
        public async Task PaceAsync(IBusTransport transport, int rate, int seconds, CancellationToken ct)
        {
            _room = null;
            var begun = Stopwatch.GetTimestamp();
            await Task.Factory.StartNew(
                () =>
                {
                    for (var i = 0L; i < (long)rate * seconds && !ct.IsCancellationRequested; i++)
                    {
                        var due = begun + i * Stopwatch.Frequency / rate;
                        if (Stopwatch.GetTimestamp() < due)
                            Posix.SleepUntil(due);
                        Send(transport, due);
                    }
                }, ct, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            await ArriveAsync(ct);
        }

        /// <summary>Keeps so many under way.</summary>
        public async Task FillAsync(IBusTransport transport, int inFlight, int seconds, CancellationToken ct)
        {
            using var room = new SemaphoreSlim(inFlight);
            _room = room;
            for (var end = Stopwatch.GetTimestamp() + seconds * Stopwatch.Frequency; Stopwatch.GetTimestamp() < end;)
            {
                await room.WaitAsync(ct);
                Send(transport, Stopwatch.GetTimestamp());
            }
            await ArriveAsync(ct);
            _room = null;
        }

        public void Dispose() => Latency.Dispose();

        private void Send(IBusTransport transport, long at)
        {
            var message = new byte[bytes];
            BitConverter.TryWriteBytes(message, at);
            _sent++;
            transport.Send(message);
        }

        private async Task ArriveAsync(CancellationToken ct)
        {
            var deadline = Stopwatch.GetTimestamp() + 10 * Stopwatch.Frequency;
            while (Interlocked.Read(ref _arrived) < _sent)
            {
                if (Stopwatch.GetTimestamp() > deadline)
                    throw new BenchException($"{_sent - _arrived} of {_sent} messages have not arrived.");
                await Task.Delay(1, ct);
            }
        }
    }
}
