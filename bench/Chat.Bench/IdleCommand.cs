using System.Diagnostics;
using System.Globalization;
using System.Text;
using Chat.Bench.Servers;
using Chat.Bench.Wire;

namespace Chat.Bench;

/// <summary>
/// What a server costs that does nothing, and what each connection adds that does nothing: resident memory and CPU. The host beside the bare relay, through
/// <c>/ws</c> and <c>/hub</c>.
/// </summary>
internal static class IdleCommand
{
    private const int AtOnce = 32;

    // SignalR's clients ping the server so often, and its server ends a client from which nothing comes for twice as long.
    private static readonly TimeSpan HubPing = TimeSpan.FromSeconds(15);

    public static async Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        var first = arguments.Int("--first", 1000);
        var connections = arguments.Int("--connections", 5000);
        var seconds = arguments.Int("--seconds", 30);
        var doors = (arguments.Text("--doors") ?? "ws,hub").Split(',');
        var path = arguments.Text("--host") ?? Server.DefaultHost;
        var only = arguments.Text("--only");
        arguments.RefuseUnknown();
        if (Posix.MaxOpenFiles() is var files && (ulong)(first + connections + 500) > files)
            throw new BenchException($"{first + connections} connections need as many open files, and this process may have {files}: raise ulimit -n, or name fewer --connections.");

        using var key = new SigningKeyFile();
        Console.WriteLine($"Idle for {seconds} s; the connections' figures are those of {connections} after the first {first}.");
        foreach (var door in doors)
        {
            if (only is not "host")
                Show(door, "relay", await MeasureAsync(() => Server.StartRelayAsync(path, ct), door, first, connections, seconds, ct));
            if (only is not "relay")
                Show(door, "host", await MeasureAsync(() => Server.StartHostAsync(path, ct, key: key), door, first, connections, seconds, ct));
        }
        return 0;
    }

    /// <param name="start">Starts the server, which ends here.</param>
    /// <param name="door"><c>ws</c> or <c>hub</c>.</param>
    /// <param name="first">Connections before those that are measured.</param>
    /// <param name="connections">That are measured.</param>
    /// <param name="seconds">For which CPU is measured.</param>
    /// <param name="ct">Ends it.</param>
    public static async Task<Figures> MeasureAsync(Func<Task<Server>> start, string door, int first, int connections, int seconds, CancellationToken ct)
    {
        var started = await StartedAsync(start);
        await using var server = started.Server;
        var meter = server.Meter!;
        var startCpu = meter.Read().Cpu;
        await using var clients = new Clients(server, door);
        // A host gives back what its start needed.
        await Task.Delay(TimeSpan.FromSeconds(20), ct);
        var atRest = await SettleAsync(meter, ct);
        var restCpu = await CpuAsync(meter, seconds, ct);
        await clients.OpenAsync(first, ct);
        var before = await SettleAsync(meter, ct);
        var opening = meter.Read().Cpu;
        await clients.OpenAsync(connections, ct);
        var opened = meter.Read().Cpu - opening;
        var after = await SettleAsync(meter, ct);
        var idleCpu = await CpuAsync(meter, seconds, ct);
        if (clients.Ended > 0)
            throw new BenchException($"{clients.Ended} connections have ended meanwhile.");
        return new Figures(started.Start, startCpu, atRest, restCpu, (after - before) / 1024.0 / connections, opened / connections, idleCpu);
    }

    /// <summary>A server, and how long it took until it was ready.</summary>
    public static async Task<(Server Server, TimeSpan Start)> StartedAsync(Func<Task<Server>> start)
    {
        var began = Stopwatch.GetTimestamp();
        return (await start(), Stopwatch.GetElapsedTime(began));
    }

    private static void Show(string door, string server, Figures figures) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"/{door,-3} {server,-5}: ready after {figures.Start.TotalSeconds:N2} s ({figures.StartCpu.TotalSeconds:N2} s of CPU); at rest {figures.AtRestBytes / 1048576.0:N0} MiB, {figures.RestCpu:P2} of a core; a connection {figures.KibEach:N1} KiB, {figures.OpenCpu.TotalMilliseconds:N2} ms of CPU to open; all idle {figures.IdleCpu:P2} of a core"));

    private static async Task<double> CpuAsync(ProcessMeter meter, int seconds, CancellationToken ct)
    {
        var (cpu, began) = (meter.Read().Cpu, Stopwatch.GetTimestamp());
        await Task.Delay(TimeSpan.FromSeconds(seconds), ct);
        return (meter.Read().Cpu - cpu) / Stopwatch.GetElapsedTime(began);
    }

    /// <summary>Resident memory once it has stayed within 1 % for five seconds, or after a minute as it is.</summary>
    private static async Task<long> SettleAsync(ProcessMeter meter, CancellationToken ct)
    {
        var last = meter.Read().RssBytes;
        for (int quiet = 0, second = 0; quiet < 5 && second < 60; second++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), ct);
            var now = meter.Read().RssBytes;
            quiet = Math.Abs(now - last) <= last / 100 ? quiet + 1 : 0;
            last = now;
        }

        return last;
    }

    /// <param name="Start">Until it was ready.</param>
    /// <param name="StartCpu">Until then.</param>
    /// <param name="AtRestBytes">Resident, nothing connected.</param>
    /// <param name="RestCpu">Of a core, nothing connected.</param>
    /// <param name="KibEach">Resident, for each connection.</param>
    /// <param name="OpenCpu">To open a connection.</param>
    /// <param name="IdleCpu">Of a core, with all connections.</param>
    internal sealed record Figures(TimeSpan Start, TimeSpan StartCpu, long AtRestBytes, double RestCpu, double KibEach, TimeSpan OpenCpu, double IdleCpu);

    /// <summary>Connections that answer pings and do nothing else.</summary>
    private sealed class Clients(Server server, string door) : IFrameHandler, IAsyncDisposable
    {
        private readonly List<WebSocketClient> _sockets = [];
        private readonly CancellationTokenSource _ending = new();
        private Task _pinging = Task.CompletedTask;

        public int Ended => _sockets.Count(socket => socket.HasEnded);

        public async Task OpenAsync(int count, CancellationToken ct)
        {
            foreach (var batch in Enumerable.Range(_sockets.Count, count).Chunk(AtOnce))
            {
                var opened = await Task.WhenAll(batch.Select(n => ConnectAsync($"bench-idle-{n:D6}", ct)));
                lock (_sockets)
                    _sockets.AddRange(opened);
                foreach (var socket in opened)
                    _ = socket.ReadAsync(this);    // ends with the socket; answers pings until then
            }
            if (door is "hub" && _pinging.IsCompleted)
                _pinging = PingAsync();
        }

        public void OnFrame(ReadOnlySpan<byte> json)
        {
        }

        public async ValueTask DisposeAsync()
        {
            await _ending.CancelAsync();
            await _pinging;
            foreach (var socket in _sockets)
                socket.Dispose();
            _ending.Dispose();
        }

        private async Task<WebSocketClient> ConnectAsync(string user, CancellationToken ct)
        {
            var socket = await WebSocketClient.ConnectAsync(server.Url, server.IsRelay ? $"/{door}?user={user}" : $"/{door}", server.Accounts.TokenOf(user), ct);
            if (door is "hub")
            {
                socket.Post(Encoding.UTF8.GetBytes("{\"protocol\":\"json\",\"version\":1}\u001e"));
                socket.Flush();
            }
            return socket;
        }

        // In small parts, as clients do that were not opened at the same time.
        private async Task PingAsync()
        {
            var ping = Encoding.UTF8.GetBytes("{\"type\":6}\u001e");
            const int parts = 100;
            using var timer = new PeriodicTimer(HubPing / parts);
            try
            {
                for (var turn = 0; await timer.WaitForNextTickAsync(_ending.Token); turn = (turn + 1) % parts)
                {
                    lock (_sockets)
                    {
                        for (var n = turn; n < _sockets.Count; n += parts)
                        {
                            _sockets[n].Post(ping);
                            _sockets[n].Flush();
                        }
                    }
                }
            }
            catch (OperationCanceledException)
            {
                // The run is over.
            }
        }
    }
}
