using System.Diagnostics;
using System.Globalization;

namespace Chat.Bench.Servers;

/// <summary>Reads what a process has used: CPU in steps of 10 ms, as the kernel counts it for others, and resident memory.</summary>
internal class ProcessMeter(int processId) : IDisposable
{
    private readonly Process process = Process.GetProcessById(processId);

    public virtual ProcessUsage Read()
    {
        process.Refresh();
        return new ProcessUsage(process.TotalProcessorTime, process.WorkingSet64);
    }

    public void Dispose()
    {
        process.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>
/// The same of several processes, each with those that it has started, as PostgreSQL starts one for each connection. Memory that they share is counted for each,
/// so that the sum is no figure to compare.
/// </summary>
internal sealed class ProcessTreeMeter(IReadOnlyList<int> roots) : ProcessMeter(roots[0])
{
    // Linux shows all times in hundredths of a second.
    private const int TicksPerSecond = 100;

    public override ProcessUsage Read()
    {
        var processes = Directory.EnumerateDirectories("/proc").Select(Stat.Of).OfType<Stat>().ToArray();
        var wanted = roots.ToHashSet();
        for (var known = 0; known != wanted.Count;)
        {
            known = wanted.Count;
            wanted.UnionWith(processes.Where(process => wanted.Contains(process.Parent)).Select(process => process.Id).ToArray());
        }

        var all = processes.Where(process => wanted.Contains(process.Id)).ToArray();
        return new ProcessUsage(TimeSpan.FromSeconds((double)all.Sum(process => process.Ticks) / TicksPerSecond), all.Sum(process => process.Pages) * Environment.SystemPageSize);
    }

    /// <param name="Ticks">Of CPU, those of ended children included.</param>
    private sealed record Stat(int Id, int Parent, long Ticks, long Pages)
    {
        /// <summary>Null for what is no process, or has ended.</summary>
        public static Stat? Of(string directory)
        {
            if (!int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out var id))
                return null;
            try
            {
                var line = File.ReadAllText($"{directory}/stat");
                // proc_pid_stat(5), from the third field on: the second, the name, may have anything in it.
                var fields = line[(line.LastIndexOf(')') + 2)..].Split(' ');
                return new Stat(id, (int)Number(1), Number(11) + Number(12) + Number(13) + Number(14), Number(21));

                long Number(int index) => long.Parse(fields[index], CultureInfo.InvariantCulture);
            }
            catch (IOException)
            {
                return null;
            }
        }
    }
}

internal readonly record struct ProcessUsage(TimeSpan Cpu, long RssBytes);
