using System.Collections.Immutable;

namespace Chat.Client;

/// <summary>A range of seqNos, both ends included.</summary>
/// <param name="From">1 or more.</param>
/// <param name="To">Not below <paramref name="From"/>.</param>
public readonly record struct SeqNoRange(long From, long To);

/// <summary>Disjoint, ascending ranges; adjacent ones are merged.</summary>
internal static class SeqNoRanges
{
    public static ImmutableArray<SeqNoRange> With(this ImmutableArray<SeqNoRange> ranges, SeqNoRange added)
    {
        if (ranges.Cover(added.From, added.To))
            return ranges;
        var (from, to) = added;
        var joined = ImmutableArray.CreateBuilder<SeqNoRange>(ranges.Length + 1);
        var i = 0;
        for (; i < ranges.Length && ranges[i].To < from - 1; i++)
            joined.Add(ranges[i]);
        for (; i < ranges.Length && ranges[i].From <= to + 1; i++)
            (from, to) = (Math.Min(from, ranges[i].From), Math.Max(to, ranges[i].To));
        joined.Add(new SeqNoRange(from, to));
        for (; i < ranges.Length; i++)
            joined.Add(ranges[i]);
        return joined.ToImmutable();
    }

    /// <summary>The ranges without another one.</summary>
    public static ImmutableArray<SeqNoRange> Without(this ImmutableArray<SeqNoRange> ranges, SeqNoRange removed) =>
        removed.From > removed.To || !ranges.Any(range => range.From <= removed.To && removed.From <= range.To) ? ranges :
        [
            .. ranges.SelectMany(range => new[]
            {
                range with { To = Math.Min(range.To, removed.From - 1) }, range with { From = Math.Max(range.From, removed.To + 1) },
            }).Where(part => part.From <= part.To),
        ];

    /// <summary>What the ranges lack from one seqNo to another, both included; ascending.</summary>
    public static IEnumerable<SeqNoRange> Missing(this ImmutableArray<SeqNoRange> ranges, long from, long to)
    {
        foreach (var range in ranges)
        {
            if (range.To < from)
                continue;
            if (range.From > to)
                break;
            if (range.From > from)
                yield return new SeqNoRange(from, range.From - 1);
            from = range.To + 1;
        }
        if (from <= to)
            yield return new SeqNoRange(from, to);
    }

    /// <summary>The range that contains a seqNo.</summary>
    public static SeqNoRange? At(this ImmutableArray<SeqNoRange> ranges, long seqNo)
    {
        var (low, high) = (0, ranges.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var range = ranges[middle];
            if (seqNo < range.From)
                high = middle - 1;
            else if (seqNo > range.To)
                low = middle + 1;
            else
                return range;
        }
        return null;
    }

    /// <summary>Whether one range covers all from one seqNo to another, both included. True of an empty range.</summary>
    public static bool Cover(this ImmutableArray<SeqNoRange> ranges, long from, long to) => to < from || ranges.At(from) is { } range && range.To >= to;

    /// <summary>The highest range.</summary>
    public static SeqNoRange? Top(this ImmutableArray<SeqNoRange> ranges) => ranges.IsEmpty ? null : ranges[^1];
}
