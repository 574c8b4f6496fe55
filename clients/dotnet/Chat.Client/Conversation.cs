namespace Chat.Client;

/// <summary>A conversation as a list shows it.</summary>
/// <param name="Id"><c>dm:{a}:{b}</c> or <c>g:</c> and 32 hex digits.</param>
/// <param name="Kind">Of two users, or a group's.</param>
/// <param name="Peer">Direct: the other user.</param>
/// <param name="Title">Group: its name, once it is known.</param>
/// <param name="MaxSeqNo">The place of its newest message; 0 for none.</param>
/// <param name="ReadSeqNo">How far the user has read.</param>
/// <param name="UnreadCount">How many messages of others lie above that; at most 100.</param>
/// <param name="UnreadCapped">There are more than <paramref name="UnreadCount"/>.</param>
/// <param name="LastMessage">Its newest message, once it is known.</param>
/// <param name="Typing">The other users who write in it now.</param>
/// <param name="IsLeft">The user is no member any more; it is shown for what could not be sent into it.</param>
public sealed record Conversation(
    string Id, ConversationKind Kind, string? Peer, string? Title, long MaxSeqNo, long ReadSeqNo, int UnreadCount, bool UnreadCapped,
    Message? LastMessage, IReadOnlyList<string> Typing, bool IsLeft = false);

/// <summary>What a conversation is.</summary>
public enum ConversationKind
{
    /// <summary>Of two users; exists without being made.</summary>
    Direct,

    /// <summary>Of members, made by one of them.</summary>
    Group,
}
