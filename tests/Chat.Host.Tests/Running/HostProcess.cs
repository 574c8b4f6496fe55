using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Chat.Host.Tests.Running;

/// <summary>The host as a process of its own, as operators start it.</summary>
public sealed partial class HostProcess : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private HostProcess(Process process, string? input)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Keep(_output, line.Data);
        process.ErrorDataReceived += (_, line) => Keep(_errors, line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        if (input is not null)
        {
            process.StandardInput.WriteLine(input);
            process.StandardInput.Close();
        }
    }

    public IReadOnlyList<string> Output => [.. _output];

    public IReadOnlyList<string> Errors => [.. _errors];

    public static HostProcess Start(string dataDirectory, string[]? arguments = null, params (string Name, string Value)[] environment) =>
        Start(dataDirectory, arguments, null, environment);

    /// <param name="dataDirectory">Where it runs, and keeps its data.</param>
    /// <param name="arguments">Its command line.</param>
    /// <param name="input">The one line of its standard input; null where that is the test's own.</param>
    /// <param name="environment">Settings.</param>
    public static HostProcess Start(string dataDirectory, string[]? arguments, string? input, params (string Name, string Value)[] environment) =>
        Start(dataDirectory, ["dotnet"], arguments, input, environment);

    /// <summary>With no more than so many files and sockets open at once.</summary>
    public static HostProcess StartLimited(string dataDirectory, int openFiles) =>
        Start(dataDirectory, ["/bin/sh", "-c", $"ulimit -n {openFiles}; exec dotnet \"$@\"", "sh"], null, null, []);

    private static HostProcess Start(
        string dataDirectory, string[] command, string[]? arguments, string? input, (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = dataDirectory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = input is not null,
        };
        start.ArgumentList.Add(typeof(Program).Assembly.Location);
        foreach (var argument in arguments ?? [])
            start.ArgumentList.Add(argument);
        start.Environment["DOTNET_ENVIRONMENT"] = "Production";
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        start.Environment["Storage__DataDirectory"] = dataDirectory;
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return new HostProcess(new Process { StartInfo = start }, input);
    }

    /// <summary>Where it listens, once it does.</summary>
    public Task<Uri> AddressAsync() => _address.Task.WaitAsync(Deadline, TestContext.Current.CancellationToken);

    /// <summary>The line that says so, once it is ready.</summary>
    public Task<string> ReadyAsync() => _ready.Task.WaitAsync(Deadline, TestContext.Current.CancellationToken);

    /// <summary>Waits for its end.</summary>
    public async Task<int> ExitCodeAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Deadline, TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    /// <summary>Asks it to end, as a container's stop does.</summary>
    public async Task<int> TerminateAsync()
    {
        await SignalAsync("TERM");
        return await ExitCodeAsync();
    }

    /// <param name="signal">As <c>kill</c> has it: KILL, STOP.</param>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    private void Keep(ConcurrentQueue<string> lines, string? line)
    {
        if (line is null)
            return;
        lines.Enqueue(line);
        if (ListeningOn().Match(line) is { Success: true } match)
            _address.TrySetResult(new Uri(match.Groups[1].Value));
        if (line.Contains("Chat is ready", StringComparison.Ordinal))
            _ready.TrySetResult(line);
    }

    [GeneratedRegex("Now listening on.*?(http://[^\"]+)")]
    private static partial Regex ListeningOn();
}
