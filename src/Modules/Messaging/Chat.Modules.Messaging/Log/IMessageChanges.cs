using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Changes;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log;

/// <summary>
/// The changes of messages in the log. Each is an entry; what they add up to is <see cref="LoggedMessage.State"/>, which every read of the log gives with its messages. The
/// writer judges each change against the state that it will change (<see cref="ChangeJudge"/>), so that an entry that changes nothing is never in the log.
/// </summary>
internal interface IMessageChanges
{
    /// <summary>
    /// Appends a change, or answers with the entry that made it so already, or refuses. A deletion erases the contents of the message and its edits, as
    /// <see cref="IMessageLog.EraseContentAsync"/> does.
    /// </summary>
    /// <remarks>A retry of a stored attempt is answered with its entry, whatever the state is now. An attempt that was refused, or so already, is not stored.</remarks>
    /// <exception cref="StoreUnavailableException">As <see cref="IMessageLog.AppendAsync"/>.</exception>
    Task<Result<AppendedMessage>> AppendChangeAsync(MessageDraft change, CancellationToken ct);

    /// <summary>What a change would be judged by now; null if its target is not in the log.</summary>
    ValueTask<ChangeFacts?> ReadFactsAsync(MessageDraft change, CancellationToken ct);

    /// <summary>The entries at some seqNos of a conversation, in their order; null where there is none.</summary>
    ValueTask<IReadOnlyList<LoggedMessage?>> ReadAtAsync(ConversationId conversation, IReadOnlyList<SeqNo> seqNos, CancellationToken ct);

    /// <summary>The emoji that a user has set on some messages of a conversation; messages without are not in the answer.</summary>
    ValueTask<IReadOnlyDictionary<SeqNo, IReadOnlyList<string>>> ReadOwnReactionsAsync(
        ConversationId conversation, IReadOnlyList<SeqNo> messages, UserId user, CancellationToken ct);

    /// <summary>The reactions that are set on a message, by user and emoji (ordinal), those after <paramref name="after"/>; null for the first.</summary>
    /// <param name="emoji">Only this one; null for all.</param>
    ValueTask<ReactionsRead> ReadReactionsAsync(
        ConversationId conversation, SeqNo message, string? emoji, ReactionPlace? after, int limit, CancellationToken ct);

    /// <summary>The seqNos of the pinned messages of a conversation, newest pin first.</summary>
    ValueTask<IReadOnlyList<SeqNo>> ReadPinsAsync(ConversationId conversation, CancellationToken ct);
}

/// <summary>Some of the reactions of a message.</summary>
/// <param name="Next">The last that was looked at; null at the end. Before the end fewer than the limit may be found, or none: of other emoji, or taken back, are passed over.</param>
internal readonly record struct ReactionsRead(IReadOnlyList<UserReaction> Found, ReactionPlace? Next)
{
    /// <summary>So many are looked at in one read.</summary>
    public const int MaxLookedAt = 1_000;
}

/// <summary>A place in the reactions of a message.</summary>
internal readonly record struct ReactionPlace(UserId User, string Emoji);
