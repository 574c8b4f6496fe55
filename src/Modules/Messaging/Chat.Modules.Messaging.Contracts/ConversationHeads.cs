using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>
/// The user's direct conversations with a message after <paramref name="Since"/>, newest activity first, every message in them that was acked
/// before the query. Costs what it answers with where <see cref="DirectHeads.UpTo"/> is given. For other modules.
/// </summary>
/// <param name="Since">Null for all; a position of another epoch counts as null.</param>
public sealed record GetDirectHeads(UserId User, FeedPosition? Since) : IQuery<DirectHeads>;

/// <summary>Direct conversations and their newest messages.</summary>
/// <param name="Heads">May have conversations in it without a message after the position asked for.</param>
/// <param name="UpTo">All messages up to here were read: pass it as the next query's Since. Null if the store has no such position.</param>
public sealed record DirectHeads(IReadOnlyList<ConversationHead> Heads, FeedPosition? UpTo);

/// <summary>A conversation's newest message.</summary>
/// <param name="Conversation">Which conversation.</param>
/// <param name="SeqNo">The message's seqNo.</param>
/// <param name="Position">The message's position in the feed.</param>
public readonly record struct ConversationHead(ConversationId Conversation, SeqNo SeqNo, long Position);

/// <summary>The heads of many conversations, as <see cref="GetHead"/> answers for each, in the order of the question. For other modules.</summary>
public sealed record GetHeads(IReadOnlyList<ConversationId> Conversations) : IQuery<IReadOnlyList<SeqNo>>;
