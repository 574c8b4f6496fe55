using System.Collections.Concurrent;
using System.Diagnostics;

namespace Chat.Testing;

/// <summary>Programs that tests run: they end with the tests however these end, and the processes that they started as well.</summary>
internal static class TestProcesses
{
    private static readonly ConcurrentDictionary<int, Process> Running = new();

    static TestProcesses() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        foreach (var process in Running.Values)
            process.Kill(entireProcessTree: true);
    };

    /// <param name="onLine">Gets each line that the program prints, from any thread.</param>
    public static Process Start(ProcessStartInfo start, Action<string>? onLine = null)
    {
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        var process = Process.Start(start)!;
        Running[process.Id] = process;
        process.OutputDataReceived += (_, e) => Tell(e.Data);
        process.ErrorDataReceived += (_, e) => Tell(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;

        void Tell(string? line)
        {
            if (line is not null)
                onLine?.Invoke(line);
        }
    }

    public static async Task KillAsync(Process process)
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        Running.TryRemove(process.Id, out _);
        process.Dispose();
    }
}
