using Chat.Bench.Servers;

namespace Chat.Bench.All;

/// <summary>How long, how large and how often: <c>--quick</c> shows in minutes that all works, the full length is for figures.</summary>
internal sealed record AllOptions
{
    public bool IsQuick { get; init; }
    public int Runs { get; init; }
    public int Seconds { get; init; }
    public int Warmup { get; init; }
    public required string Host { get; init; }
    /// <summary>Names of scenarios; empty: all.</summary>
    public required string[] Only { get; init; }
    /// <summary>With which the server starts that is not empty.</summary>
    public int Messages { get; init; }
    public int IdleConnections { get; init; }
    public int StormPairs { get; init; }
    public int ChannelReaders { get; init; }
    public required string? Out { get; init; }

    public static AllOptions From(Arguments arguments)
    {
        var quick = arguments.Flag("--quick");
        return new AllOptions
        {
            IsQuick = quick,
            Runs = arguments.Int("--runs", quick ? 3 : 5),
            Seconds = arguments.Int("--seconds", quick ? 2 : 10),
            Warmup = arguments.Int("--warmup", quick ? 1 : 5),
            Host = arguments.Text("--host") ?? Server.DefaultHost,
            Only = arguments.Text("--only")?.Split(',') ?? [],
            Messages = arguments.Int("--messages", quick ? 20_000 : 1_000_000),
            IdleConnections = arguments.Int("--connections", quick ? 1_000 : 5_000),
            StormPairs = arguments.Int("--storm-pairs", quick ? 200 : 2_000),
            ChannelReaders = arguments.Int("--channel-readers", quick ? 100 : 1_000),
            Out = arguments.Text("--out"),
        };
    }
}
