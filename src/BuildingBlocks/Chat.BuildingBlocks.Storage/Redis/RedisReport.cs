namespace Chat.BuildingBlocks.Storage.Redis;

/// <summary>The answer to INFO: lines of <c>name:value</c> below headings.</summary>
internal static class RedisReport
{
    public static IReadOnlyDictionary<string, string> Parse(string? text)
    {
        var info = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in (text ?? "").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (line[0] != '#' && line.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon)
                info[line[..colon]] = line[(colon + 1)..];
        }
        return info;
    }
}
