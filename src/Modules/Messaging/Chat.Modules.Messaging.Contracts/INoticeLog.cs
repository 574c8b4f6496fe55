using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>Where other modules have their notices appended to a conversation's log.</summary>
public interface INoticeLog
{
    /// <summary>
    /// Answers when it is durable. Checks no membership. Refusals: <c>unavailable</c> (it may be stored later: the same again is safe).
    /// </summary>
    Task<Result<SentMessage>> AppendAsync(NoticeDraft draft);
}

/// <summary>A notice that is to be appended.</summary>
/// <param name="By">Who did what it tells.</param>
/// <param name="NoticeId">1 to 64 ASCII characters: the same (user, id) again appends nothing, and is answered with the first. It must be a secret until it is in the log, as the user's
/// messages have their <c>clientMsgId</c> in the same space.</param>
public sealed record NoticeDraft(ConversationId Conversation, UserId By, string NoticeId, ConversationNotice Notice);
