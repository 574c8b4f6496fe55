using System.Globalization;
using System.Runtime.InteropServices;
using Chat.Bench.Servers;

namespace Chat.Bench.All;

/// <summary>Every scenario, in turn with its yardstick, as one Markdown table. Builds nothing; ends by itself.</summary>
internal static class AllCommand
{
    private const int OtherFiles = 500;

    /// <returns>0 when nothing was lost, came twice or out of order, and no scenario failed; else 1.</returns>
    public static async Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        var options = AllOptions.From(arguments);
        arguments.RefuseUnknown();
        using var key = new SigningKeyFile();
        using var certificate = new TestCertificate();
        var all = new Scenarios(options, key, certificate).All;
        if (options.Only.Except(all.Select(WordOf)).ToArray() is { Length: > 0 } unknown)
            throw new ArgumentException($"There is no scenario {string.Join(", ", unknown)}: --only takes {string.Join(", ", all.Select(WordOf).Distinct())}.");
        var connections = 2 * Math.Max(options.IdleConnections, 2 * options.StormPairs) + OtherFiles;
        if (Posix.MaxOpenFiles() is var files && (ulong)connections > files)
            throw new BenchException($"{connections} files may have to be open, and this process may have {files}: raise ulimit -n, or name fewer --connections and --storm-pairs.");

        var report = new Report();
        var began = TimeProvider.System.GetUtcNow();
        var loadBefore = LoadAverage();
        foreach (var scenario in all.Where(scenario => options.Only.Length == 0 || options.Only.Contains(WordOf(scenario))))
        {
            List<Turn> turns = [];
            try
            {
                await foreach (var turn in scenario.Turns(ct))
                {
                    turns.Add(turn);
                    Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
                        $"{scenario.Name}, run {turns.Count}: {string.Join(", ", turn.Measured.Figures.Select(figure => $"{figure.Name} {figure.Value:N2}"))}; {turn.Measured.Verdict}"));
                }

                report.Add(scenario, turns);
            }
            catch (Exception failure) when (!ct.IsCancellationRequested && failure is BenchException or TimeoutException or HttpRequestException or IOException)
            {
                report.AddFailure(scenario, failure.Message);
            }
        }

        var text = $"""
            `bench all{(options.IsQuick ? " --quick" : "")}`, {began:yyyy-MM-dd HH:mm} UTC, {(TimeProvider.System.GetUtcNow() - began).TotalMinutes:N0} min; {Environment.ProcessorCount} cores that server and generator share, {RuntimeInformation.FrameworkDescription};
            load average before {loadBefore}, after {LoadAverage()}. Medians of {options.Runs} runs of {options.Seconds} s after {options.Warmup} s, lowest and highest in brackets.

            {report}
            """;
        Console.WriteLine(text);
        if (options.Out is not null)
            await File.WriteAllTextAsync(options.Out, text, ct);
        return report.IsClean ? 0 : 1;
    }

    private static string WordOf(Scenario scenario) => scenario.Name.Split(' ')[0];

    private static string LoadAverage() => string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ').Take(3));
}
