using System.Runtime.CompilerServices;

namespace Chat.Testing;

/// <summary>The user of Redis that docs/operations.md tells operators to make.</summary>
public static class RedisUser
{
    private const string Command = "ACL SETUSER ";

    /// <summary>Its rules, as a setting <c>user</c> of Redis takes them.</summary>
    public static string Documented(string password)
    {
        var lines = File.ReadLines(Path.Combine(Path.GetDirectoryName(Here())!, "../../../docs/operations.md"));
        var line = lines.Single(line => line.StartsWith(Command, StringComparison.Ordinal));
        return line[Command.Length..].Replace(">…", ">" + password, StringComparison.Ordinal);
    }

    private static string Here([CallerFilePath] string path = "") => path;
}
