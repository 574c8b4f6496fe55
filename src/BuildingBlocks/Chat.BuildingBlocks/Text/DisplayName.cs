using System.Buffers;
using System.Globalization;
using System.Text;

namespace Chat.BuildingBlocks.Text;

/// <summary>The rules for a name that others read: a group's title, a device's name.</summary>
public static class DisplayName
{
    /// <summary>
    /// 1 to <paramref name="maxLength"/> characters as Unicode counts them, at least one of which can be seen. None is a control character, half a
    /// surrogate pair, a line's or paragraph's end, or turns the direction of the text around it.
    /// </summary>
    public static bool IsWellFormed(ReadOnlySpan<char> name, int maxLength)
    {
        var length = 0;
        for (var isVisible = false; length <= maxLength; length++)
        {
            if (name.IsEmpty)
                return isVisible;
            if (Rune.DecodeFromUtf16(name, out var character, out var units) != OperationStatus.Done || IsForbidden(character))
                return false;
            isVisible |= IsVisible(character);
            name = name[units..];
        }
        return false;
    }

    /// <summary>
    /// A well-formed name of one that may not be, as those of older versions: control characters and line ends are spaces, what turns the direction of the text around and halves of
    /// surrogate pairs are left out, and what is longer is cut and ends in "…".
    /// </summary>
    /// <returns>Null if nothing is left that can be seen.</returns>
    public static string? Clean(string? name, int maxLength)
    {
        var clean = new List<Rune>(maxLength);
        foreach (var character in (name ?? "").EnumerateRunes())
        {
            // Half a surrogate pair comes as this one, too.
            if (character == Rune.ReplacementChar || IsBidiControl(character.Value))
                continue;
            var isSpace = IsForbidden(character) || Rune.IsWhiteSpace(character);
            if (isSpace && (clean.Count == 0 || clean[^1].Value == ' '))
                continue;
            if (clean.Count == maxLength)
            {
                clean[^1] = new Rune('…');
                break;
            }
            clean.Add(isSpace ? new Rune(' ') : character);
        }
        return clean.Exists(IsVisible) ? string.Concat(clean).TrimEnd() : null;
    }

    private static bool IsForbidden(Rune character) =>
        Rune.GetUnicodeCategory(character) is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        || IsBidiControl(character.Value);

    // UAX #9 §2: embeddings, overrides, isolates. The marks (LRM, RLM, ALM) turn nothing around, and names in Arabic or Hebrew need them.
    private static bool IsBidiControl(int character) => character is (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069);

    private static bool IsVisible(Rune character) => !Rune.IsWhiteSpace(character)
        && Rune.GetUnicodeCategory(character) is not (UnicodeCategory.Format or UnicodeCategory.OtherNotAssigned or UnicodeCategory.NonSpacingMark
            or UnicodeCategory.EnclosingMark)
        && !IsBlankLetter(character.Value);

    // Fillers and the blank braille pattern: Unicode has them as letters or symbols, but they are invisible.
    private static bool IsBlankLetter(int character) => character is 0x115F or 0x1160 or 0x3164 or 0xFFA0 or 0x2800;
}
