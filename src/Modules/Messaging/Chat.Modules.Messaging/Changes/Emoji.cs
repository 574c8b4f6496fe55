using System.Collections.Frozen;
using System.Text;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Changes;

/// <summary>
/// The emoji of Unicode's RGI set (UTS #51, ED-27), fully qualified, from the resource <c>emoji.txt</c>: one a line. `emoji.mjs` beside it makes the file.
/// </summary>
internal static class Emoji
{
    // U+FE0F: the character before it is shown as an emoji. Keyboards leave it out.
    private const char Variation = '\uFE0F';

    private static readonly Lazy<FrozenDictionary<string, string>> Known = new(Load);

    /// <summary>The emoji that a text is, with each U+FE0F that it lacks; null if it is anything but one emoji.</summary>
    public static string? Qualify(string text)
    {
        // The longest text that is looked at has as many code units as an emoji has bytes.
        if (text.Length is 0 or > MessageChange.MaxEmojiBytes || !Known.Value.TryGetValue(Bare(text), out var emoji))
            return null;
        var next = 0;
        foreach (var unit in emoji)
        {
            if (next < text.Length && text[next] == unit)
                next++;
            else if (unit != Variation)
                return null;
        }
        return next == text.Length ? emoji : null;
    }

    private static string Bare(string text) => text.Contains(Variation, StringComparison.Ordinal) ? text.Replace("\uFE0F", "", StringComparison.Ordinal) : text;

    private static FrozenDictionary<string, string> Load()
    {
        using var stream = typeof(Emoji).Assembly.GetManifestResourceStream("emoji.txt") ?? throw new InvalidOperationException("The emoji are not in the assembly.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var known = new Dictionary<string, string>(StringComparer.Ordinal);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0 && !line.StartsWith("//", StringComparison.Ordinal))
                known.Add(Bare(line), line);
        }
        return known.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
