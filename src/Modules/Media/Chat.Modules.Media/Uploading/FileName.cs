using System.Globalization;
using System.Text;
using Microsoft.Net.Http.Headers;

namespace Chat.Modules.Media.Uploading;

/// <summary>A file's name as the client gives it, made harmless: no path, no control characters, nothing that turns the direction of writing.</summary>
internal static class FileName
{
    private const int MaxLength = 200;

    /// <summary>Null where nothing is left.</summary>
    public static string? Clean(string? given)
    {
        if (given is null)
            return null;
        var last = given[(given.LastIndexOfAny(['/', '\\']) + 1)..];
        var name = new StringBuilder(Math.Min(last.Length, MaxLength));
        foreach (var rune in last.EnumerateRunes())
        {
            if (name.Length + rune.Utf16SequenceLength > MaxLength)
                break;
            if (rune != Rune.ReplacementChar && Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned))
                name.Append(rune);
        }
        var cleaned = name.ToString().Trim();
        return cleaned is "" or "." or ".." ? null : cleaned;
    }

    /// <summary>Of a Content-Disposition (RFC 6266); null where it has none.</summary>
    public static string? Of(string? disposition) =>
        ContentDispositionHeaderValue.TryParse(disposition, out var parsed)
            ? Clean(HeaderUtilities.RemoveQuotes(parsed.FileNameStar.HasValue ? parsed.FileNameStar : parsed.FileName).Value)
            : null;
}
