using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace Chat.BuildingBlocks.Storage.Redis;

/// <summary>A Lua script: a file that an assembly embeds. Its head says what KEYS and ARGV are and what it returns.</summary>
/// <remarks>All of its keys have one hash tag, so that it runs on a Redis Cluster.</remarks>
public sealed partial class RedisScript
{
    private readonly string[] _lines;

    /// <param name="purpose">Of the metrics.</param>
    /// <param name="assembly">Where the file is embedded.</param>
    /// <param name="file">Its name, such as <c>renew-lease.lua</c>.</param>
    public RedisScript(string purpose, Assembly assembly, string file)
    {
        var name = assembly.GetManifestResourceNames().Single(name => name.EndsWith('.' + file, StringComparison.Ordinal));
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
        (Purpose, File, Text) = (purpose, file, reader.ReadToEnd());
        _lines = Text.Split('\n');
    }

    public string Purpose { get; }

    public string File { get; }

    public string Text { get; }

    /// <summary>The command that a line runs, counted from 1; null where it runs none, or not always the same one.</summary>
    internal string? CommandOf(int line) => line > 0 && line <= _lines.Length && Call().Match(_lines[line - 1]) is { Success: true } call ? call.Groups[1].Value : null;

    /// <summary>The number of the key, from 1, that a line runs its command on; null where it is not always the same one.</summary>
    internal int? KeyOf(int line) =>
        CommandOf(line) is not null && Key().Match(_lines[line - 1]) is { Success: true } key ? int.Parse(key.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : null;

    [GeneratedRegex(@"redis\.call\('([A-Z]+)'", RegexOptions.CultureInvariant)]
    private static partial Regex Call();

    [GeneratedRegex(@"redis\.call\('[A-Z]+', KEYS\[(\d+)\]", RegexOptions.CultureInvariant)]
    private static partial Regex Key();
}
