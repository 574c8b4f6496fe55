using Chat.Bench.Load;

namespace Chat.Bench.All;

/// <param name="Name">With its unit.</param>
internal readonly record struct Figure(string Name, double Value);

/// <summary>What the generator itself found of what it had sent and got.</summary>
/// <param name="Lost">Sent, and not acked, or not there.</param>
/// <param name="Twice">The protocol allows it; on a connection that lives it must not happen.</param>
/// <param name="OutOfOrder">SeqNos that did not rise.</param>
/// <param name="Trouble">Refusals, lost connections, a generator that could not keep up; empty for none.</param>
internal sealed record Verdict(long Lost, long Twice, long OutOfOrder, string Trouble)
{
    public static Verdict Clean { get; } = new(0, 0, 0, "");

    public bool IsClean => this == Clean;

    public static Verdict operator +(Verdict one, Verdict other) => new(one.Lost + other.Lost, one.Twice + other.Twice, one.OutOfOrder + other.OutOfOrder,
        string.Join(", ", new[] { one.Trouble, other.Trouble }.Where(trouble => trouble.Length > 0).Distinct()));

    public static Verdict Of(LoadResult result)
    {
        var troubles = result.Troubles.Select(trouble => $"{trouble.Key}: {trouble.Value}").ToList();
        if (result.LostConnections > 0)
            troubles.Add($"lost connections: {result.LostConnections}");
        if (result.NeverSent > 0)
            troubles.Add($"due but never sent, as the generator came too late: {result.NeverSent}");
        // What was never acked is not there either. More may have arrived than was acked: an ack that is lost is no message.
        return new Verdict(result.AckedButMissing + (result.Sent - result.Acked), result.Duplicates, result.OutOfOrder, string.Join(", ", troubles));
    }

    public override string ToString() => $"{Lost} / {Twice} / {OutOfOrder}{(Trouble.Length == 0 ? "" : $" ({Trouble})")}";
}

/// <summary>One run.</summary>
internal sealed record Sample(IReadOnlyList<Figure> Figures, Verdict Verdict);

/// <summary>Two runs that followed one another; or one, where there is nothing to compare with.</summary>
internal sealed record Turn(Sample? Yardstick, Sample Measured);

/// <param name="Name">One word, for <c>--only</c>, and what distinguishes it from others of that name.</param>
/// <param name="Load">In words.</param>
/// <param name="Yardstick">What it is compared with; null for nothing.</param>
/// <param name="Turns">Starts the servers that it needs, and ends them.</param>
internal sealed record Scenario(string Name, string Load, string? Yardstick, Func<CancellationToken, IAsyncEnumerable<Turn>> Turns);
