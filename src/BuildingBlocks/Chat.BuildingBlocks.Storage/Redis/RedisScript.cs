using System.Reflection;

namespace Chat.BuildingBlocks.Storage.Redis;

/// <summary>A Lua script: a file that an assembly embeds. Its head says what KEYS and ARGV are and what it returns.</summary>
/// <remarks>All of its keys have one hash tag, so that it runs on a Redis Cluster.</remarks>
public sealed class RedisScript
{
    /// <param name="purpose">Of the metrics.</param>
    /// <param name="assembly">Where the file is embedded.</param>
    /// <param name="file">Its name, such as <c>renew-lease.lua</c>.</param>
    public RedisScript(string purpose, Assembly assembly, string file)
    {
        var name = assembly.GetManifestResourceNames().Single(name => name.EndsWith('.' + file, StringComparison.Ordinal));
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
        (Purpose, Text) = (purpose, reader.ReadToEnd());
    }

    public string Purpose { get; }

    public string Text { get; }
}
