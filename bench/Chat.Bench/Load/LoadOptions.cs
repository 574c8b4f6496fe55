using Chat.Bench.Wire;

namespace Chat.Bench.Load;

internal enum LoadMode { Closed, Open, Turns }

internal enum Arrivals { Poisson, Constant }

/// <summary>One load, as <c>--help</c> describes it.</summary>
internal sealed record LoadOptions
{
    public int Pairs { get; init; }
    /// <summary>In place of pairs: groups whose members all write at once; 0 for none.</summary>
    public int Groups { get; init; }
    public int GroupSize { get; init; } = 10;
    public LoadMode Mode { get; init; }
    public int InFlight { get; init; }
    public int Rate { get; init; }
    public Arrivals Arrivals { get; init; }
    public int Seconds { get; init; }
    public int Warmup { get; init; }
    public int TextBytes { get; init; }
    public bool BothDirections { get; init; }
    /// <summary>On several servers: whether the users of a pair are on two of them. Null: those of every other pair.</summary>
    public bool? Across { get; init; }
    /// <summary>Null: as the server wants it.</summary>
    public bool? AckDelivered { get; init; }
    /// <summary>One ack a message, where the client libraries gather them.</summary>
    public bool AckEach { get; init; }
    /// <summary>How long the end waits for what is still on its way.</summary>
    public TimeSpan QuietDeadline { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Who gets a message.</summary>
    public int Receivers => Groups > 0 ? GroupSize - 1 : 1;

    public static LoadOptions From(Arguments arguments) => new()
    {
        Pairs = arguments.Int("--pairs", 200),
        Mode = arguments.OneOf("--mode", LoadMode.Closed),
        InFlight = arguments.Int("--in-flight", 1),
        Rate = arguments.Int("--rate", 1000),
        Arrivals = arguments.OneOf("--arrivals", Arrivals.Poisson),
        Seconds = arguments.Int("--seconds", 20),
        Warmup = arguments.Int("--warmup", 5, min: 0),
        TextBytes = arguments.Int("--text-bytes", 100, min: Stamp.Length),
        BothDirections = arguments.Flag("--both-directions"),
        AckEach = arguments.Flag("--ack-each"),
        AckDelivered = arguments.Text("--ack-delivered") is null ? null : arguments.Flag("--ack-delivered"),
    };

    public override string ToString() =>
        Mode switch
        {
            LoadMode.Closed => $"closed loop, {InFlight} in flight",
            LoadMode.Turns => "in turn",
            _ => $"open loop, {Rate} messages/s, {Arrivals.ToString().ToLowerInvariant()}",
        } + $", {(Groups > 0 ? $"{Groups} groups of {GroupSize} who all write" : $"{Pairs} pairs{(BothDirections ? " in both directions" : "")}")}, {TextBytes} bytes of text, {Seconds} s after {Warmup} s{(AckEach ? ", each message acked by itself" : "")}";
}
