using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>Erases what has expired, and what is older than messages are kept. May run at any time, and twice at once; what one run does not finish, the next does. Answers with how many messages it looked at and found over.</summary>
public sealed record SweepExpired : ICommand<int>;

/// <summary>Messages of a conversation are over, and were erased.</summary>
/// <param name="Lowest">The lowest of them.</param>
/// <remarks>May come again.</remarks>
public sealed record MessagesExpired(ConversationId Conversation, SeqNo Lowest) : IEvent;
