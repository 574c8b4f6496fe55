using System.Globalization;
using System.Text;

namespace Chat.Bench.All;

/// <summary>The Markdown table: of each figure the median, with the lowest and highest beside it, which show how far to trust it.</summary>
internal sealed class Report
{
    private readonly StringBuilder rows = new();

    public bool IsClean { get; private set; } = true;

    public void Add(Scenario scenario, IReadOnlyList<Turn> turns)
    {
        var verdict = turns.Aggregate(Verdict.Clean, (sum, turn) => sum + turn.Measured.Verdict + (turn.Yardstick?.Verdict ?? Verdict.Clean));
        IsClean &= verdict.IsClean && turns.Count > 0;
        var first = true;
        foreach (var (name, at) in turns[0].Measured.Figures.Select((figure, at) => (figure.Name, at)))
        {
            var measured = turns.Select(turn => turn.Measured.Figures[at].Value).ToArray();
            // A yardstick may lack the last figures.
            var beside = turns.Where(turn => turn.Yardstick?.Figures.Count > at).Select(turn => turn.Yardstick!.Figures[at].Value).ToArray();
            var ratios = beside.Length == measured.Length ? Medians<Turn>.Ratios(measured, beside) : [];
            rows.AppendLine(CultureInfo.InvariantCulture,
                $"| {(first ? $"**{scenario.Name}** {scenario.Load}" : "")} | {name} | {(first ? scenario.Yardstick : "")} {Spread(beside)} | {Spread(measured)} | {Spread(ratios, "N2")} | {(first ? verdict : "")} |");
            first = false;
        }
    }

    public void AddFailure(Scenario scenario, string reason)
    {
        IsClean = false;
        rows.AppendLine(CultureInfo.InvariantCulture, $"| **{scenario.Name}** {scenario.Load} | failed: {reason.ReplaceLineEndings(" ").Replace('|', '/')} | | | | |");
    }

    public override string ToString() => $"""
        | scenario | figure | yardstick | Chat | Chat/yardstick | lost / twice / out of order |
        |---|---|---:|---:|---:|---|
        {rows}
        """;

    /// <summary>Median (lowest to highest); of one value, that.</summary>
    public static string Spread(double[] values, string? format = null)
    {
        var finite = values.Where(double.IsFinite).ToArray();
        if (finite.Length == 0)
            return "";
        var median = Text(Medians<Turn>.Median(finite));
        return finite.Length == 1 ? median : $"{median} ({Text(finite.Min())} to {Text(finite.Max())})";

        string Text(double value) => value.ToString(format ?? (Math.Abs(value) >= 100 ? "N0" : Math.Abs(value) >= 10 ? "N1" : "N2"), CultureInfo.InvariantCulture);
    }
}
