using System.Collections.Concurrent;

namespace Chat.EndToEnd.Tests.Load;

/// <summary>Whom the messages of a load mention: now and then one or two members, or all, and sometimes somebody who is no member, which is to be refused.</summary>
internal sealed class LoadMentions
{
    private const string Stranger = "stranger";

    private readonly ConcurrentDictionary<string, string[]> _members = new(StringComparer.Ordinal);

    public static bool HasStranger(string mentions) => mentions.Split(' ').Contains(Stranger);

    public void Add(string conversation, IEnumerable<string> members) => _members[conversation] = [.. members];

    public string Next(string conversation)
    {
        var members = _members[conversation];
        var member = members[Random.Shared.Next(members.Length)];
        return Random.Shared.Next(40) switch
        {
            0 => $"{member} {Stranger}",
            1 => "@all",
            2 => string.Join(' ', members.Take(2)),
            < 7 => member,
            _ => "",
        };
    }

    /// <summary>What an edit says: mostly nothing.</summary>
    public string? NextOfEdit(string conversation)
    {
        if (Random.Shared.Next(4) > 0)
            return null;
        var mentions = Next(conversation);
        return HasStranger(mentions) ? "" : mentions;
    }
}
