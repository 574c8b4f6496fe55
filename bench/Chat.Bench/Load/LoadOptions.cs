using Chat.Bench.Wire;

namespace Chat.Bench.Load;

internal enum LoadMode { Closed, Open, Turns }

/// <summary>Burst: all messages of a second are due at its beginning.</summary>
internal enum Arrivals { Poisson, Constant, Burst }

/// <summary>Whether the receivers are away while messages are sent, and connect all at once when none is on its way any more; and whether the server was killed and started again in between, and everybody comes back.</summary>
internal enum Return { None, Away, Restart }

/// <summary>One load, as <c>--help</c> describes it.</summary>
internal sealed record LoadOptions
{
    public int Pairs { get; init; }
    /// <summary>Groups beside the pairs.</summary>
    public int Groups { get; init; }
    public int GroupSize { get; init; } = 10;
    /// <summary>How many members of a group write; 0: all.</summary>
    public int Senders { get; init; }
    public Door Door { get; init; }
    public Return Return { get; init; }
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

    public static LoadOptions From(Arguments arguments) => Checked(new()
    {
        Pairs = arguments.Int("--pairs", arguments.Int("--groups", 0, min: 0) == 0 ? 200 : 0, min: 0),
        Groups = arguments.Int("--groups", 0, min: 0),
        GroupSize = arguments.Int("--group-size", 10, min: 2),
        Senders = arguments.Int("--senders", 0, min: 0),
        Door = arguments.OneOf("--door", Door.Ws),
        Return = arguments.OneOf("--return", Return.None),
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
    });

    private static LoadOptions Checked(LoadOptions options) => options switch
    {
        { Door: Door.Rest, BothDirections: true } or { Door: Door.Rest, Mode: not LoadMode.Closed } or { Door: Door.Rest, InFlight: > 1 } or { Door: Door.Rest, Groups: > 0 } =>
            throw new ArgumentException("By REST one of a pair sends, one message at a time: no --both-directions, --mode, --in-flight or --groups."),
        { Door: Door.Xmpp, Groups: > 0 } => throw new ArgumentException("By XMPP there are pairs only."),
        { Return: not Return.None, BothDirections: true } or { Return: not Return.None, Mode: LoadMode.Turns } =>
            throw new ArgumentException("Users who are away send nothing: no --both-directions and --mode turns with --return."),
        { Pairs: 0, Groups: 0 } => throw new ArgumentException("Name --pairs or --groups."),
        _ => options,
    };

    public override string ToString() =>
        Mode switch
        {
            LoadMode.Closed => $"closed loop, {InFlight} in flight",
            LoadMode.Turns => "in turn",
            _ => $"open loop, {Rate} messages/s, {Arrivals.ToString().ToLowerInvariant()}",
        } + $", {Who}{(Door is Door.Ws ? "" : $" by {Door.ToString().ToLowerInvariant()}")}, {TextBytes} bytes of text, {Seconds} s after {Warmup} s{(AckEach ? ", each message acked by itself" : "")}{Return switch { Return.Away => ", receivers away until the end", Return.Restart => ", receivers away, server killed at the end", _ => "" }}";

    private string Who => string.Join(" and ", new[]
    {
        Pairs > 0 ? $"{Pairs} pairs{(BothDirections ? " in both directions" : "")}" : "",
        Groups > 0 ? $"{Groups} groups of {GroupSize} of whom {(Senders == 0 ? "all write" : $"{Senders} write")}" : "",
    }.Where(some => some.Length > 0));
}
