using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>
/// What a user has not read, counted as in the list of conversations: the messages of one conversation, and the conversations that have some. For other modules: checks no
/// membership.
/// </summary>
public sealed record CountUnread(UserId User, ConversationId Conversation) : IQuery<UnreadCounts>;

/// <summary>What a user has not read.</summary>
/// <param name="Messages">Of the conversation, at most <see cref="ConversationSummary.UnreadCap"/>; 0 for one that the user is not in.</param>
/// <param name="Conversations">With such messages, at most <see cref="MaxConversations"/>, among those with the newest activity.</param>
public readonly record struct UnreadCounts(int Messages, int Conversations)
{
    /// <summary>Conversations are counted up to this many; so many with the newest activity are looked at.</summary>
    public const int MaxConversations = 100;
}
