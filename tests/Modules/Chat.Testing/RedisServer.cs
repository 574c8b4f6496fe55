using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Chat.Testing;

/// <summary>
/// A real Redis of the test's own, empty, without persistence, on a port that stays the same over its restarts. Where there is no <c>redis-server</c>,
/// <see cref="IsMissing"/> says so, and the test skips with <see cref="Missing"/>.
/// </summary>
public sealed class RedisServer : IAsyncDisposable
{
    public const string Missing = "no redis-server";

    private readonly string _folder = Directory.CreateTempSubdirectory("chat-redis-").FullName;
    private readonly string _portSetting;
    private readonly string[] _settings;
    private bool _isSentinel;
    private Process? _process;

    private RedisServer(string port, string[] settings) => (_portSetting, _settings) = (port, settings);

    public static bool IsMissing { get; } = Program is null;

    public int Port { get; } = FreePort.Next();

    public string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    /// <summary>Where its files are; gone afterwards.</summary>
    public string Folder => _folder;

    private static string? Program => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append("/usr/bin")
        .Select(folder => Path.Combine(folder, "redis-server")).FirstOrDefault(File.Exists);

    /// <param name="settings">Of redis.conf, one after the other: <c>"--cluster-enabled yes"</c>.</param>
    public static Task<RedisServer> StartAsync(params string[] settings) => StartAsync("--port", settings);

    /// <summary>One that is reached by TLS alone.</summary>
    /// <inheritdoc cref="StartAsync(string[])"/>
    public static Task<RedisServer> StartEncryptedAsync(params string[] settings) => StartAsync("--tls-port", ["--port 0", .. settings]);

    /// <summary>A Sentinel, which watches others.</summary>
    /// <param name="lines">Of its file of settings.</param>
    public static async Task<RedisServer> StartSentinelAsync(params string[] lines)
    {
        var server = new RedisServer("port", lines) { _isSentinel = true };
        await server.StartAgainAsync();
        return server;
    }

    private static async Task<RedisServer> StartAsync(string port, string[] settings)
    {
        var server = new RedisServer(port, settings);
        try
        {
            await server.StartAgainAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it again after <see cref="KillAsync"/>, with nothing in it, or with what the command SAVE has saved.</summary>
    public async Task StartAgainAsync()
    {
        var start = new ProcessStartInfo(Program ?? throw new InvalidOperationException(Missing), _isSentinel ? WriteSentinel() : Words()) { WorkingDirectory = _folder };
        _process = TestProcesses.Start(start);
        await Wait.UntilAsync(CanConnectAsync, "Redis listens");
    }

    /// <summary>Ends it at once: all that it had is gone.</summary>
    public async Task KillAsync()
    {
        if (_process is not { } process)
            return;
        _process = null;
        await TestProcesses.KillAsync(process);
    }

    /// <summary>It hangs (SIGSTOP): connections stay, and nothing is answered.</summary>
    public Task PauseAsync() => SignalAsync("STOP");

    /// <summary>It goes on, with what has come meanwhile.</summary>
    public Task ContinueAsync() => SignalAsync("CONT");

    /// <summary>What redis-cli prints for a command.</summary>
    public async Task<string> CommandAsync(params string[] words)
    {
        var start = new ProcessStartInfo("redis-cli") { RedirectStandardOutput = true };
        foreach (var word in (string[])["-p", Port.ToString(CultureInfo.InvariantCulture), .. words])
            start.ArgumentList.Add(word);
        using var cli = Process.Start(start)!;
        var printed = await cli.StandardOutput.ReadToEndAsync();
        await cli.WaitForExitAsync();
        return printed.TrimEnd();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private IEnumerable<string> Words()
    {
        string[] basics = ["--bind 127.0.0.1", string.Create(CultureInfo.InvariantCulture, $"{_portSetting} {Port}"), "--appendonly no", "--daemonize no"];
        return basics.Concat(_settings).SelectMany(setting => setting.Split(' ')).Concat(["--save", ""]);
    }

    // It writes into its file what it finds out.
    private string[] WriteSentinel()
    {
        var file = Path.Combine(_folder, "sentinel.conf");
        File.WriteAllLines(file, ["bind 127.0.0.1", string.Create(CultureInfo.InvariantCulture, $"port {Port}"), .. _settings]);
        return [file, "--sentinel"];
    }

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    private async Task<bool> CanConnectAsync()
    {
        if (_process!.HasExited)
            throw new InvalidOperationException($"redis-server ended with {_process.ExitCode}.");
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
