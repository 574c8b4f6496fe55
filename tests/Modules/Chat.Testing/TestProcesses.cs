using System.Collections.Concurrent;
using System.Diagnostics;

namespace Chat.Testing;

/// <summary>Programs that tests run: what they print is not kept, and they end with the tests however these end.</summary>
internal static class TestProcesses
{
    private static readonly ConcurrentDictionary<int, Process> Running = new();

    static TestProcesses() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        foreach (var process in Running.Values)
            process.Kill();
    };

    public static Process Start(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        var process = Process.Start(start)!;
        Running[process.Id] = process;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    public static async Task KillAsync(Process process)
    {
        process.Kill();
        await process.WaitForExitAsync();
        Running.TryRemove(process.Id, out _);
        process.Dispose();
    }
}
