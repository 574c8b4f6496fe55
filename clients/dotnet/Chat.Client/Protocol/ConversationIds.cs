using System.Text.RegularExpressions;

namespace Chat.Client;

/// <summary>Conversation ids.</summary>
public static partial class ConversationIds
{
    /// <summary>The direct conversation of two users; of twice the same one, its note to self. It exists without being created.</summary>
    /// <exception cref="ArgumentException">One is not a valid user id.</exception>
    public static string DirectWith(string me, string other)
    {
        if (!UserId().IsMatch(me) || !UserId().IsMatch(other))
            throw new ArgumentException("A direct conversation is between two users.", nameof(other));
        return string.CompareOrdinal(me, other) < 0 ? $"dm:{me}:{other}" : $"dm:{other}:{me}";
    }

    /// <summary>Whether it is a user's conversation with itself.</summary>
    public static bool IsNoteToSelf(string conversationId) => conversationId.Split(':') is ["dm", var a, var b] && a == b;

    /// <summary>The other user of a direct conversation, in a note to self the user itself; null for a group.</summary>
    public static string? PeerOf(string conversationId, string me)
    {
        var parts = conversationId.Split(':');
        return parts is ["dm", var a, var b] ? (a == me ? b : a) : null;
    }

    /// <summary>Whether it is a group's.</summary>
    public static bool IsGroup(string conversationId) => conversationId.StartsWith("g:", StringComparison.Ordinal);

    /// <summary>The conversation that <c>@user</c>, <c>@me</c> (the note to self) or a conversation id names.</summary>
    internal static string Resolve(string to, string me)
    {
        try
        {
            if (to == "@me")
                return DirectWith(me, me);
            if (to.StartsWith('@'))
                return DirectWith(me, to[1..]);
            if (PeerOf(to, me) is { } peer && DirectWith(me, peer) == to || GroupId().IsMatch(to))
                return to;
        }
        catch (ArgumentException)
        {
            // Thrown below.
        }
        throw new ChatException(ErrorCodes.BadRequest, "A message goes to @user or to a conversation of one's own.");
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex UserId();

    [GeneratedRegex(@"\Ag:[0-9a-f]{32}\z", RegexOptions.CultureInvariant)]
    private static partial Regex GroupId();
}
