using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>Appends a notice to a conversation's log, and answers when it is durable. For other modules: checks no membership.</summary>
/// <param name="By">Who did what it tells.</param>
/// <param name="NoticeId">1 to 64 ASCII characters: the same (user, id) again appends nothing, and is answered with the first. It must be a secret until it is in the log, as the user's
/// messages have their <c>clientMsgId</c> in the same space.</param>
/// <remarks>Refusals: <c>unavailable</c> (it may be stored later: the same again is safe).</remarks>
public sealed record AppendNotice(ConversationId Conversation, UserId By, string NoticeId, ConversationNotice Notice) : ICommand<SentMessage>;
