using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;

namespace Chat.Bench.Servers;

/// <summary>A redis-server without persistence, started and ended here, and what it has used.</summary>
internal sealed class RedisProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConnectionMultiplexer _observer;

    private RedisProcess(Process process, string address, ConnectionMultiplexer observer) => (_process, Address, _observer) = (process, address, observer);

    public string Address { get; }

    private IServer Server => _observer.GetServers()[0];

    public static async Task<RedisProcess> StartAsync(string program)
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        probe.Stop();
        var process = Process.Start(new ProcessStartInfo(program, ["--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        {
            RedirectStandardOutput = true, WorkingDirectory = Path.GetTempPath(),
        })!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        try
        {
            var address = $"127.0.0.1:{port}";
            return new RedisProcess(process, address, await ConnectAsync($"{address},connectTimeout=20000,allowAdmin=true"));
        }
        catch
        {
            process.Kill();
            throw;
        }
    }

    public async Task<RedisUsage> ReadAsync()
    {
        var values = (await Server.InfoAsync()).SelectMany(section => section).ToDictionary(line => line.Key, line => line.Value);
        return new RedisUsage(
            Number("used_cpu_user") + Number("used_cpu_sys"), Number("total_commands_processed"), Number("total_net_input_bytes"), Number("total_net_output_bytes"),
            Number("used_memory"), Number("used_memory_dataset"));

        double Number(string name) => double.Parse(values[name], CultureInfo.InvariantCulture);
    }

    /// <summary>How often each command has run, those in scripts too.</summary>
    public async Task<IReadOnlyDictionary<string, double>> ReadCallsAsync() =>
        (await Server.InfoAsync("commandstats")).SelectMany(section => section).ToDictionary(
            line => line.Key["cmdstat_".Length..],
            line => double.Parse(line.Value.AsSpan("calls=".Length, line.Value.IndexOf(',', StringComparison.Ordinal) - "calls=".Length), CultureInfo.InvariantCulture));

    /// <summary>Keys whose names match. Redis does nothing else meanwhile: for tens of thousands of keys at most.</summary>
    public async Task<int> CountKeysAsync(string pattern) =>
        (int)await _observer.GetDatabase().ScriptEvaluateAsync("return #redis.call('KEYS', ARGV[1])", [], [pattern]);

    public Task ForgetAllAsync() => Server.FlushAllDatabasesAsync();

    public async ValueTask DisposeAsync()
    {
        await _observer.DisposeAsync();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    // It takes a moment until it listens.
    private static async Task<ConnectionMultiplexer> ConnectAsync(string address)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                return await ConnectionMultiplexer.ConnectAsync(address);
            }
            catch (RedisConnectionException) when (tries < 100)
            {
                await Task.Delay(100);
            }
        }
    }
}

/// <param name="CpuSeconds">User and system.</param>
/// <param name="Commands">Processed.</param>
/// <param name="BytesIn">From its clients.</param>
/// <param name="BytesOut">To them.</param>
/// <param name="MemoryBytes">All that it has allocated.</param>
/// <param name="DataBytes">Of that, keys and values.</param>
internal readonly record struct RedisUsage(double CpuSeconds, double Commands, double BytesIn, double BytesOut, double MemoryBytes, double DataBytes)
{
    public double Bytes => BytesIn + BytesOut;

    /// <summary>What was used since; memory as the growth.</summary>
    public static RedisUsage operator -(RedisUsage after, RedisUsage before) => new(
        after.CpuSeconds - before.CpuSeconds, after.Commands - before.Commands, after.BytesIn - before.BytesIn, after.BytesOut - before.BytesOut,
        after.MemoryBytes - before.MemoryBytes, after.DataBytes - before.DataBytes);
}
