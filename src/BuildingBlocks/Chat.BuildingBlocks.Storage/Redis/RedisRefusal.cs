using System.Text.RegularExpressions;

namespace Chat.BuildingBlocks.Storage.Redis;

/// <summary>An error that Redis answers with until somebody changes something there.</summary>
/// <param name="Code">The same for the same fault, whatever keys were asked for.</param>
/// <param name="Fault">What is wrong, and what to do.</param>
internal sealed partial record RedisRefusal(string Code, string Fault)
{
    private const string Listed = "docs/operations.md lists what is needed.";

    /// <param name="answer">Redis's error.</param>
    /// <param name="user">As whom the server logs in; null as the default user.</param>
    /// <param name="prefix">Of all keys and channels.</param>
    /// <param name="script">What ran; null for a command by itself.</param>
    /// <param name="wrong">The key that holds another type of data, where that is the fault and it is known.</param>
    public static RedisRefusal Of(string answer, string? user, string prefix, RedisScript? script = null, RedisWrongKey? wrong = null)
    {
        user = string.IsNullOrEmpty(user) ? "default" : user;
        if (IsOfLogin(answer))
            return new("login", $"the login is refused ({answer}). Correct user and password in Redis:ConnectionString, or in Redis.");
        if (answer.Contains("WRONGTYPE", StringComparison.Ordinal))
        {
            var which = wrong is null ? $"a key of {prefix}:*" : $"the key {wrong.Key}";
            return new("WRONGTYPE", $"{which} holds another type of data{(wrong is null ? "" : $" than a {wrong.Type}")}. Remove it (redis-cli UNLINK {(wrong is null ? "…" : $"'{wrong.Key}'")}): what belongs there is made again.");
        }
        if (!answer.Contains("NOPERM", StringComparison.Ordinal) && !answer.Contains("The user executing the script", StringComparison.Ordinal))
            return new(answer.Split(' ', 2)[0], answer.TrimEnd('.') + ".");
        if (answer.Contains(" key", StringComparison.Ordinal))
            return new("keys", $"user {user} may not use its keys. Grant them: ACL SETUSER {user} ~{prefix}:* ({Listed})");
        if (answer.Contains(" channel", StringComparison.Ordinal))
            return new("channels", $"user {user} may not use its channels. Grant them: ACL SETUSER {user} &{prefix}:* ({Listed})");
        var denied = Named().Match(answer) is { Success: true } named ? named.Groups[1].Value : script?.CommandOf(LineOf(answer)) ?? "a command";
        return new(denied.ToLowerInvariant(), $"user {user} may not run {denied.ToUpperInvariant()}. Grant it: ACL SETUSER {user} +{denied.ToLowerInvariant()} ({Listed})");
    }

    /// <summary>Redis's own words in what the client library reports of a connection that did not come about; null where Redis has refused nothing.</summary>
    public static string? FindIn(string report) => Refused().Match(report) is { Success: true } found ? found.Value.Trim() : null;

    private static bool IsOfLogin(string answer) => answer.Contains("WRONGPASS", StringComparison.Ordinal) || answer.Contains("NOAUTH", StringComparison.Ordinal);

    // Of the script, from 1; 0 where it is not said.
    internal static int LineOf(string answer) => Line().Match(answer) is { Success: true } line ? int.Parse(line.Groups[1].ValueSpan) : 0;

    [GeneratedRegex(@"'([a-z|]+)' command", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Named();

    [GeneratedRegex(@"user_script: ?(\d+)", RegexOptions.CultureInvariant)]
    private static partial Regex Line();

    [GeneratedRegex(@"\b(?:NOPERM|WRONGPASS|NOAUTH)\b[^\r\n]*", RegexOptions.CultureInvariant)]
    private static partial Regex Refused();
}
