using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;

namespace Chat.Architecture.Tests.Rules;

/// <summary>Each log line has an event id, by which an operator finds it in docs/log-lines.md.</summary>
internal static partial class LogRules
{
    // The longest matching namespace counts.
    private static readonly Dictionary<string, (int First, int Last)> Ranges = new()
    {
        ["Chat.Host.Transports"] = (1000, 1099),
        ["Chat.Host"] = (1100, 1199),
        ["Chat.Modules.Identity"] = (2000, 2999),
        ["Chat.Modules.Messaging"] = (3000, 3999),
        ["Chat.Modules.Delivery"] = (4000, 4999),
        ["Chat.Modules.Groups"] = (5000, 5999),
        ["Chat.Modules.Presence"] = (6000, 6499),
        ["Chat.Modules.Media"] = (6500, 6999),
        ["Chat.BuildingBlocks.Storage"] = (7000, 7999),
        ["Chat.BuildingBlocks.Nodes"] = (8100, 8199),
        ["Chat.BuildingBlocks"] = (8000, 8099),
        ["Chat.Modules.Broken"] = (9000, 9999),
    };

    /// <summary>The methods that log stand together, in a static class <c>…Logs</c>.</summary>
    public static Verdict LogMethodsAreInLogClasses(IReadOnlyList<Assembly> assemblies) => Verdict.On(
        LogMethods(assemblies), line => line.Method.DeclaringType!.IsStatic() && line.Method.DeclaringType!.Name.EndsWith("Logs", StringComparison.Ordinal), NameOf);

    /// <summary>An event id lies in the range of its namespace.</summary>
    public static Verdict EventIdsAreInTheirRange(IReadOnlyList<Assembly> assemblies) => Verdict.On(LogMethods(assemblies), IsInRange, NameOf);

    /// <summary>No two log lines have the same event id.</summary>
    public static Verdict EventIdsAreUnique(IReadOnlyList<Assembly> assemblies)
    {
        var ids = LogMethods(assemblies).CountBy(line => line.Line.EventId).ToDictionary();
        return Verdict.On(LogMethods(assemblies), line => ids[line.Line.EventId] == 1, NameOf);
    }

    /// <summary>The document has a row for each log line, and no other.</summary>
    public static Verdict LogLinesAreDocumented(IReadOnlyList<Assembly> assemblies, string document)
    {
        var rows = File.ReadLines(document).Where(row => Row().IsMatch(row)).ToList();
        var expected = LogMethods(assemblies).OrderBy(line => line.Line.EventId).Select(RowOf).ToList();
        return Verdict.On(expected.Union(rows), row => expected.Contains(row) && rows.Contains(row), row => row);
    }

    private static string RowOf((MethodInfo Method, LoggerMessageAttribute Line) line) =>
        $"| {line.Line.EventId} | {line.Method.Name} | {line.Line.Level} | {line.Line.Message} |";

    private static bool IsInRange((MethodInfo Method, LoggerMessageAttribute Line) line)
    {
        var range = Ranges.Where(range => $"{line.Method.DeclaringType!.Namespace}.".StartsWith($"{range.Key}.", StringComparison.Ordinal))
            .OrderByDescending(range => range.Key.Length).Select(range => range.Value).FirstOrDefault();
        return line.Line.EventId >= range.First && line.Line.EventId <= range.Last;
    }

    private static string NameOf((MethodInfo Method, LoggerMessageAttribute Line) line) => line.Method.Name;

    private static List<(MethodInfo Method, LoggerMessageAttribute Line)> LogMethods(IReadOnlyList<Assembly> assemblies) =>
        [.. from type in assemblies.WrittenTypes()
            from method in type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
            let line = method.GetCustomAttribute<LoggerMessageAttribute>()
            where line is not null
            select (method, line)];

    [GeneratedRegex(@"^\| \d+ \| ")]
    private static partial Regex Row();
}
