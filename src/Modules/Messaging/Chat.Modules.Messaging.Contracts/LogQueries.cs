using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>The log's messages above <paramref name="After"/>, ascending, at most <paramref name="Limit"/>. For other modules: checks no membership.</summary>
/// <param name="Conversation">One without a message gives an empty answer.</param>
/// <param name="After">Exclusive.</param>
/// <param name="Limit">1 or more.</param>
/// <param name="MaxBytes">The most bytes of the messages as JSON; at least one message is returned, whatever its size.</param>
public sealed record ReadLog(ConversationId Conversation, SeqNo After, int Limit, int MaxBytes = int.MaxValue) : IQuery<IReadOnlyList<LoggedMessage>>;

/// <summary>The log's newest messages below <paramref name="Before"/>, ascending, at most <paramref name="Limit"/>. For other modules: checks no membership.</summary>
/// <param name="Conversation">One without a message gives an empty answer.</param>
/// <param name="Before">Exclusive.</param>
/// <param name="Limit">1 or more.</param>
public sealed record ReadLogDownwards(ConversationId Conversation, SeqNo Before, int Limit) : IQuery<IReadOnlyList<LoggedMessage>>;

/// <summary>A conversation's head: the seqNo of its newest message, <see cref="SeqNo.None"/> if there is none. For other modules.</summary>
/// <param name="Conversation">Of which conversation.</param>
public sealed record GetHead(ConversationId Conversation) : IQuery<SeqNo>;

/// <summary>Of some users, those with whom a user has a direct conversation with a message.</summary>
/// <param name="User">One user of the conversations.</param>
/// <param name="Others">Any number, each once, without the user itself.</param>
public sealed record FindDirectsWith(UserId User, IReadOnlyCollection<UserId> Others) : IQuery<IReadOnlyCollection<UserId>>;

/// <summary>A message's conversation and seqNo; null for an unknown one. For other modules: checks no membership.</summary>
public sealed record FindMessage(MessageId Message) : IQuery<MessageLocation?>;

/// <summary>Where a message is in the log.</summary>
/// <param name="SeqNo">Its place there.</param>
public sealed record MessageLocation(ConversationId Conversation, SeqNo SeqNo);

/// <summary>The message of an attempt, also an erased one; null if it is not in the log. For other modules: checks no membership.</summary>
public sealed record FindAttempt(UserId Sender, string ClientMsgId) : IQuery<LoggedMessage?>;

/// <summary>A message as a user may see it now: membership, and what a member who came later does not see, are checked. For other modules.</summary>
/// <param name="Conversation">Of which conversation.</param>
/// <param name="SeqNo">Its place there.</param>
/// <param name="Reader">Who would see it.</param>
/// <remarks>Null if there is none, if it was erased, if only a newer server can show it, or if it is not shown to this user: all look the same.</remarks>
public sealed record GetShownMessage(ConversationId Conversation, SeqNo SeqNo, UserId Reader) : IQuery<LoggedMessage?>;

/// <summary>Whether a user has ever written in one of its direct conversations, judged by its first messages. For other modules: checks no membership.</summary>
public sealed record HasWritten(UserId User, ConversationId Conversation) : IQuery<bool>;

/// <summary>The opaque name of the log's history. Restarts do not change it; it changes only after data was certainly lost.</summary>
public sealed record GetEpoch : IQuery<string>;
