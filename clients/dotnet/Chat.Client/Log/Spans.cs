using System.Collections.Immutable;

namespace Chat.Client;

/// <summary>A stretch of places of which nothing is missing; both ends belong to it.</summary>
/// <param name="From">Its first place, from 1.</param>
/// <param name="To">Its last place, not below <paramref name="From"/>.</param>
public readonly record struct Span(long From, long To);

/// <summary>What is complete of a conversation's log: disjoint stretches, ascending, neighbours joined.</summary>
internal static class Spans
{
    public static ImmutableArray<Span> With(this ImmutableArray<Span> spans, Span added)
    {
        if (spans.Cover(added.From, added.To))
            return spans;
        var (from, to) = added;
        var joined = ImmutableArray.CreateBuilder<Span>(spans.Length + 1);
        var i = 0;
        for (; i < spans.Length && spans[i].To < from - 1; i++)
            joined.Add(spans[i]);
        for (; i < spans.Length && spans[i].From <= to + 1; i++)
            (from, to) = (Math.Min(from, spans[i].From), Math.Max(to, spans[i].To));
        joined.Add(new Span(from, to));
        for (; i < spans.Length; i++)
            joined.Add(spans[i]);
        return joined.ToImmutable();
    }

    /// <summary>With that place missing.</summary>
    public static ImmutableArray<Span> Without(this ImmutableArray<Span> spans, long seqNo) => spans.At(seqNo) is not { } span ? spans :
    [
        .. spans.Where(other => other.To < seqNo),
        .. new[] { span with { To = seqNo - 1 }, span with { From = seqNo + 1 } }.Where(part => part.From <= part.To),
        .. spans.Where(other => other.From > seqNo),
    ];

    /// <summary>The stretch that holds a place.</summary>
    public static Span? At(this ImmutableArray<Span> spans, long seqNo)
    {
        var (low, high) = (0, spans.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var span = spans[middle];
            if (seqNo < span.From)
                high = middle - 1;
            else if (seqNo > span.To)
                low = middle + 1;
            else
                return span;
        }
        return null;
    }

    /// <summary>Whether nothing is missing from one place to another, both included. True of none.</summary>
    public static bool Cover(this ImmutableArray<Span> spans, long from, long to) => to < from || spans.At(from) is { } span && span.To >= to;

    /// <summary>The highest stretch.</summary>
    public static Span? Top(this ImmutableArray<Span> spans) => spans.IsEmpty ? null : spans[^1];
}
