using System.Buffers;

namespace Chat.BuildingBlocks.Text;

/// <summary>The size of a text as JSON.</summary>
public static class JsonText
{
    // Escaped to the longest form: a backslash, u and four digits for each UTF-16 unit.
    private const int EscapedBytes = 6;

    private static readonly SearchValues<char> Plain =
        SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c).Where(c => c is not ('"' or '\\'))]);

    private static readonly SearchValues<byte> PlainBytes = SearchValues.Create([.. Enumerable.Range(0, 128).Where(c => Plain.Contains((char)c)).Select(c => (byte)c)]);

    /// <summary>The most bytes of the text in JSON, without quotes. Exact for plain ASCII; every other UTF-16 unit counts 6, escaped or not.</summary>
    public static int MaxBytes(ReadOnlySpan<char> text)
    {
        var bytes = text.Length;
        for (var next = text.IndexOfAnyExcept(Plain); next >= 0; next = text.IndexOfAnyExcept(Plain))
        {
            bytes += EscapedBytes - 1;
            text = text[(next + 1)..];
        }
        return bytes;
    }

    /// <inheritdoc cref="MaxBytes(ReadOnlySpan{char})"/>
    /// <param name="text">Valid.</param>
    public static int MaxBytes(Utf8Text text)
    {
        var plain = text.Span.IndexOfAnyExcept(PlainBytes);
        if (plain < 0)
            return text.Length;
        var bytes = plain;
        foreach (var next in text.Span[plain..])
        {
            bytes += next switch
            {
                < 0x80 => PlainBytes.Contains(next) ? 1 : EscapedBytes,
                < 0xC0 => 0, // goes on with a character that was counted
                < 0xF0 => EscapedBytes,
                _ => 2 * EscapedBytes,
            };
        }
        return bytes;
    }
}
