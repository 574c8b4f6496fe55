using System.Globalization;

namespace Chat.Bench;

/// <summary>
/// A table of medians: what was measured, and beside it the yardstick under the same load, where there is one. The ratio is taken turn by turn, so
/// that a busy neighbour meets both halves of a turn; its median is printed with the lowest and the highest.
/// </summary>
/// <param name="yardstick">Turn by turn as <paramref name="measured"/>; or empty.</param>
internal sealed class Medians<T>(IReadOnlyList<T> measured, IReadOnlyList<T> yardstick)
{
    private const int NameWidth = 34;

    public void PrintHead(string name, string yardstickName) => Console.WriteLine(yardstick.Count == 0
        ? $"{"",-NameWidth}{name,12}"
        : $"{"",-NameWidth}{yardstickName,12}{name,12}{$"{name}/{yardstickName}",12}{"lowest",10}{"highest",10}");

    /// <summary>Prints nothing where there is no such figure.</summary>
    public void PrintRow(string name, Func<T, double?> figure)
    {
        var values = Of(measured);
        if (values.All(double.IsNaN))
            return;
        if (yardstick.Count == 0)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-NameWidth}{Median(values),12:N2}"));
            return;
        }

        var others = Of(yardstick);
        var ratios = Ratios(values, others);
        Console.Write(string.Create(CultureInfo.InvariantCulture, $"{name,-NameWidth}{Median(others),12:N2}{Median(values),12:N2}"));
        Console.WriteLine(ratios.Length == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{Median(ratios),12:N2}{ratios.Min(),10:N2}{ratios.Max(),10:N2}"));

        double[] Of(IReadOnlyList<T> results) => [.. results.Select(result => figure(result) ?? double.NaN)];
    }

    /// <summary>Turn by turn, without turns in which there was nothing to compare with, or nothing was measured.</summary>
    public static double[] Ratios(IEnumerable<double> measured, IEnumerable<double> yardstick) =>
        [.. yardstick.Zip(measured, (other, value) => value / other).Where(double.IsFinite)];

    public static double Median(IReadOnlyCollection<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
