using StackExchange.Redis;

namespace Chat.BuildingBlocks.Storage.Redis;

/// <summary>A key that holds another type of data than a script expects.</summary>
/// <param name="Key">Its name in full.</param>
/// <param name="Type">The type that it should be of.</param>
/// <param name="Read">A command that reads a key of that type.</param>
internal sealed record RedisWrongKey(RedisKey Key, string Type, string Read)
{
    /// <returns>Null where the script failed of something else.</returns>
    public static RedisWrongKey? Of(string answer, RedisScript script, RedisKey[] keys)
    {
        var line = RedisRefusal.LineOf(answer);
        if (!answer.Contains("WRONGTYPE", StringComparison.Ordinal) || script.KeyOf(line) is not { } number || number > keys.Length)
            return null;
        var (type, read) = script.CommandOf(line)![0] switch { 'Z' => ("sorted set", "ZCARD"), 'H' => ("hash", "HLEN"), _ => ("string", "GET") };
        return new RedisWrongKey(keys[number - 1], type, read);
    }
}
