namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>What can be told of a statement by its first word.</summary>
internal static class StatementText
{
    private static readonly string[] Preparable = ["SELECT", "INSERT", "UPDATE", "DELETE"];

    /// <summary>Whether it is worth preparing; changes to the schema and the rights are not.</summary>
    public static bool IsPreparable(string cql)
    {
        var text = SkipComments(cql);
        foreach (var word in Preparable)
        {
            if (text.StartsWith(word, StringComparison.OrdinalIgnoreCase))
                return true;
        }
        return false;
    }

    private static ReadOnlySpan<char> SkipComments(ReadOnlySpan<char> text)
    {
        while (true)
        {
            text = text.TrimStart();
            var line = text.StartsWith("--", StringComparison.Ordinal) || text.StartsWith("//", StringComparison.Ordinal);
            if (!line && !text.StartsWith("/*", StringComparison.Ordinal))
                return text;
            var end = line ? text.IndexOf('\n') : text.IndexOf("*/", StringComparison.Ordinal) + 1;
            if (end <= 0)
                return [];
            text = text[(end + 1)..];
        }
    }
}
