using System.Globalization;
using Chat.Bench.Load;
using Chat.Bench.Servers;
using Chat.Bench.Wire;

namespace Chat.Bench.Nodes;

/// <summary>What <c>nodes</c> is to measure, as <c>--help</c> describes it.</summary>
internal sealed record NodesOptions
{
    private const int MaxServers = 16;

    public required string Cql { get; init; }
    public required string Host { get; init; }
    public string? Against { get; init; }
    public required string RedisServer { get; init; }
    public int? DatabaseProcess { get; init; }
    public required IReadOnlyList<int> Servers { get; init; }
    public required IReadOnlyList<Talk> Talks { get; init; }
    public int Runs { get; init; }
    public int Pairs { get; init; }
    public int Groups { get; init; }
    public int InFlight { get; init; }
    public bool? Across { get; init; }
    public int Seconds { get; init; }
    public int Warmup { get; init; }
    public int TextBytes { get; init; }

    public static NodesOptions From(Arguments arguments) => new()
    {
        Cql = arguments.Text("--cql") ?? throw new ArgumentException("Name the database: --cql HOST:PORT."),
        Host = arguments.Text("--host") ?? Server.DefaultHost,
        Against = arguments.Text("--against"),
        RedisServer = arguments.Text("--redis-server") ?? "redis-server",
        DatabaseProcess = arguments.Int("--cql-pid", 0, min: 0) is var process and > 0 ? process : null,
        Servers = List<int>(arguments, "--servers", "1,2,3", text =>
            int.TryParse(text, CultureInfo.InvariantCulture, out var count) && count is >= 1 and <= MaxServers ? count : null, $"numbers from 1 to {MaxServers}"),
        Talks = List<Talk>(arguments, "--talks", "turns,writes,groups", text =>
            Enum.TryParse<Talk>(text, ignoreCase: true, out var talk) && Enum.IsDefined(talk) ? talk : null, "turns, writes, groups"),
        Runs = arguments.Int("--runs", 1),
        Pairs = arguments.Int("--pairs", 60),
        Groups = arguments.Int("--groups", 3),
        InFlight = arguments.Int("--in-flight", 1),
        Across = arguments.Text("--across") is null ? null : arguments.Flag("--across"),
        Seconds = arguments.Int("--seconds", 5),
        Warmup = arguments.Int("--warmup", 3, min: 0),
        TextBytes = arguments.Int("--text-bytes", 100, min: Stamp.Length),
    };

    public LoadOptions LoadOf(Talk talk) => new()
    {
        Mode = talk is Talk.Turns ? LoadMode.Turns : LoadMode.Closed,
        Pairs = talk is Talk.Groups ? 0 : Pairs,
        Groups = talk is Talk.Groups ? Groups : 0,
        InFlight = InFlight,
        Across = Across,
        Seconds = Seconds,
        Warmup = Warmup,
        TextBytes = TextBytes,
    };

    private static List<T> List<T>(Arguments arguments, string name, string fallback, Func<string, T?> parse, string allowed) where T : struct =>
        [.. (arguments.Text(name) ?? fallback).Split(',').Select(text => parse(text) ?? throw new ArgumentException($"{name} takes, with commas between them: {allowed}."))];
}
