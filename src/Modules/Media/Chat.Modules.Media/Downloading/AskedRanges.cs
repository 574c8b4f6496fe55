using System.Globalization;
using Microsoft.AspNetCore.Http.Headers;
using Microsoft.Net.Http.Headers;

namespace Chat.Modules.Media.Downloading;

internal readonly record struct ByteRange(long Offset, long Length)
{
    public string ToContentRange(long size) => string.Create(CultureInfo.InvariantCulture, $"bytes {Offset}-{Offset + Length - 1}/{size}");
}

/// <summary>The ranges that a request asks for.</summary>
internal static class AskedRanges
{
    /// <summary>
    /// Those that the file has, in the order in which they were asked for. None: it has none of them. Null: the whole file is to be sent, as no range was asked
    /// for, too many were, they are more than the file together, or the client's part is of another file.
    /// </summary>
    public static IReadOnlyList<ByteRange>? Of(RequestHeaders asked, EntityTagHeaderValue tag, long size, int most)
    {
        if (asked.Range is not { Unit.Value: "bytes" } range || range.Ranges.Count > most || !IsOfThisFile(asked.IfRange, tag))
            return null;
        var ranges = range.Ranges.Select(one => Within(one, size)).OfType<ByteRange>().ToList();
        return ranges.Count > 1 && ranges.Sum(one => one.Length) > size ? null : ranges;
    }

    // A date is no strong validator: there is no Last-Modified.
    private static bool IsOfThisFile(RangeConditionHeaderValue? condition, EntityTagHeaderValue tag) =>
        condition is null || (condition.EntityTag is { } had && had.Compare(tag, useStrongComparison: true));

    private static ByteRange? Within(RangeItemHeaderValue asked, long size)
    {
        var (from, to) = (asked.From, asked.To) switch
        {
            (null, { } last) => (Math.Max(0, size - last), size - 1),
            ({ } first, null) => (first, size - 1),
            ({ } first, { } last) => (first, Math.Min(last, size - 1)),
            _ => (1, 0),
        };
        return from <= to ? new ByteRange(from, to - from + 1) : null;
    }
}
