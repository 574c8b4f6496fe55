using System.Diagnostics;

namespace Chat.Bench.Servers;

/// <summary>Reads what a process has used: CPU in steps of 10 ms, as the kernel counts it for others, and resident memory.</summary>
internal sealed class ProcessMeter(int processId) : IDisposable
{
    private readonly Process process = Process.GetProcessById(processId);

    public ProcessUsage Read()
    {
        process.Refresh();
        return new ProcessUsage(process.TotalProcessorTime, process.WorkingSet64);
    }

    public void Dispose() => process.Dispose();
}

internal readonly record struct ProcessUsage(TimeSpan Cpu, long RssBytes);
