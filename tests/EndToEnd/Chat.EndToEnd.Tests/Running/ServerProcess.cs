using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Reflection;
using System.Runtime.InteropServices;
using Chat.Testing;

namespace Chat.EndToEnd.Tests.Running;

/// <summary>The server as a user runs it: its own process, its own data directory, reached through its transports alone.</summary>
/// <remarks>Ended when disposed, and when the test program exits without having got that far.</remarks>
internal sealed partial class ServerProcess : IAsyncDisposable
{
    private const int OutputLinesKept = 400;
    private const int SigKill = 9;
    private const int SigTerm = 15;
    private const int SigCont = 18;
    private const int SigStop = 19;
    // A start is mostly compiling: seconds of a core that others may need as well.
    private static readonly TimeSpan _startPatience = TimeSpan.FromMinutes(5);
    private static readonly ConcurrentDictionary<int, Process> _running = new();    // by process id

    private readonly Dictionary<string, string> _settings;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly HttpClient _probe;
    private Process? _process;

    static ServerProcess() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        foreach (var process in _running.Keys)
            _ = Kill(process, SigKill);
    };

    private ServerProcess(IReadOnlyDictionary<string, string>? settings)
    {
        Address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Next()}"));
        DataDirectory = Directory.CreateTempSubdirectory("chat-e2e-").FullName;
        _settings = new(StringComparer.Ordinal)
        {
            ["ASPNETCORE_URLS"] = Address.ToString(),
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["Storage__DataDirectory"] = DataDirectory,
            ["RateLimits__Enabled"] = "false",
            // The fewest: nearly every test registers somebody.
            ["Auth__PasswordIterations"] = "100000",
        };
        foreach (var (name, value) in settings ?? new Dictionary<string, string>())
            _settings[name] = value;
        OperationsAddress = _settings.TryGetValue("Operations__Port", out var port) ? new Uri($"http://127.0.0.1:{port}") : Address;
        _probe = new HttpClient { BaseAddress = OperationsAddress };
    }

    public Uri Address { get; }

    /// <summary>Where /health and /metrics are.</summary>
    public Uri OperationsAddress { get; }

    public string DataDirectory { get; }

    /// <summary>The last lines that the server wrote, over all its restarts.</summary>
    public string Output => string.Join('\n', _output);

    private Process Running => _process ?? throw new InvalidOperationException("The server was not started.");

    /// <summary>Starts a server on an empty data directory and waits until it is ready.</summary>
    /// <param name="settings">Environment variables over the fixture's own.</param>
    public static async Task<ServerProcess> StartAsync(IReadOnlyDictionary<string, string>? settings = null)
    {
        var server = new ServerProcess(settings);
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

    /// <summary>Starts a server on an empty data directory, and waits for nothing.</summary>
    public static ServerProcess Begin(IReadOnlyDictionary<string, string> settings)
    {
        var server = new ServerProcess(settings);
        server._process = server.Launch();
        return server;
    }

    /// <summary>Starts the server again on the same address and data, after it has ended.</summary>
    public async Task StartAgainAsync()
    {
        if (_process is { HasExited: false })
            throw new InvalidOperationException("The server still runs.");

        _process?.Dispose();
        _process = Launch();
        await Until.TrueAsync(IsReadyAsync, $"the server at {Address} is ready", () => Output, _startPatience);
    }

    /// <summary>Ends the process at once, as a crash would, and waits until it is gone.</summary>
    public async Task KillHardAsync()
    {
        Running.Kill();
        await ExitAsync();
    }

    /// <summary>Asks the process to end (SIGTERM) and returns at once.</summary>
    public void Terminate() => Send(SigTerm);

    /// <summary>The process stands still (SIGSTOP), with its connections open.</summary>
    public void Pause() => Send(SigStop);

    public void Continue() => Send(SigCont);

    /// <summary>Waits until the process has ended.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> ExitAsync()
    {
        using var deadline = new CancellationTokenSource(Until.Patience);
        try
        {
            await Running.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"The server did not end within {Until.Patience}. Its output:\n{Output}");
        }

        _running.TryRemove(Running.Id, out _);
        return Running.ExitCode;
    }

    /// <summary>SIGTERM, wait for the end, start again.</summary>
    /// <returns>The exit code of the process that ended.</returns>
    public async Task<int> RestartAsync()
    {
        Terminate();
        var exitCode = await ExitAsync();
        await StartAgainAsync();
        return exitCode;
    }

    /// <summary>Memory that the process holds now, in bytes.</summary>
    public long ResidentBytes()
    {
        var line = File.ReadLines($"/proc/{Running.Id}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return 1024 * long.Parse(line["VmRSS:".Length..^"kB".Length], CultureInfo.InvariantCulture);
    }

    public async Task<bool> IsReadyAsync()
    {
        if (Running.HasExited)
            throw new InvalidOperationException($"The server ended with {Running.ExitCode}. Its output:\n{Output}");

        return await ReadinessAsync() == HttpStatusCode.OK;
    }

    /// <summary>What /health/ready answers now; null when nothing listens.</summary>
    public async Task<HttpStatusCode?> ReadinessAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            using var answer = await _probe.GetAsync(new Uri("/health/ready", UriKind.Relative), patience.Token);
            return answer.StatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        if (_process is not null)
        {
            _running.TryRemove(_process.Id, out _);
            _process.Dispose();
        }

        _probe.Dispose();
        Directory.Delete(DataDirectory, recursive: true);
    }

    /// <summary>The value of a metric that has one; NaN where it is not there.</summary>
    public async Task<double> MetricAsync(string name)
    {
        var lines = (await _probe.GetStringAsync(new Uri("/metrics", UriKind.Relative))).Split('\n');
        if (lines.SingleOrDefault(line => line.StartsWith(name + "{", StringComparison.Ordinal)) is not { } line)
            return double.NaN;
        var value = line[(line.LastIndexOf('}') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        return double.Parse(value, CultureInfo.InvariantCulture);
    }

    private void Send(int signal)
    {
        if (Kill(Running.Id, signal) != 0)
            throw new InvalidOperationException($"kill failed: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    private Process Launch()
    {
        var program = HostProgram();
        var start = new ProcessStartInfo("dotnet", [program])
        {
            WorkingDirectory = Path.GetDirectoryName(program),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in _settings)
            start.Environment[name] = value;

        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, e) => Keep(e.Data);
        process.ErrorDataReceived += (_, e) => Keep(e.Data);
        process.Start();
        _running[process.Id] = process;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private void Keep(string? line)
    {
        if (line is null)
            return;

        _output.Enqueue(line);
        if (_output.Count > OutputLinesKept)
            _output.TryDequeue(out _);
    }

    internal static string HostProgram()
    {
        var configuration = typeof(ServerProcess).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()?.Configuration;
        var program = Path.Combine(Repository.Root, "src", "Chat.Host", "bin", configuration ?? "Debug", "net10.0", "Chat.Host.dll");
        return File.Exists(program) ? program : throw new FileNotFoundException("The host was not built.", program);
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int pid, int signal);
}
