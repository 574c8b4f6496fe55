using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Messaging.Log;

/// <summary>
/// Where mentions and threads stand in the log. A place that is answered may be of a message that is not in the log, was deleted, or does not mention the user any more: whoever asks looks at the
/// messages. None is missing that could be read before the question.
/// </summary>
internal interface IMessageIndexes
{
    /// <summary>Messages above <paramref name="after"/>, up to <paramref name="upTo"/>, that mention a user, or everybody; the newest first, at most <paramref name="limit"/>.</summary>
    ValueTask<IReadOnlyList<SeqNo>> ReadMentionsAsync(ConversationId conversation, UserId user, SeqNo after, SeqNo upTo, int limit, CancellationToken ct);

    /// <summary>The messages in the thread that a message began: those above <paramref name="after"/> ascending, or those below <paramref name="before"/> descending.</summary>
    ValueTask<IReadOnlyList<SeqNo>> ReadThreadAsync(ConversationId conversation, SeqNo root, SeqNo? after, SeqNo before, int limit, CancellationToken ct);

    /// <summary>
    /// The threads whose newest messages are below <paramref name="before"/>, by those, the newest first. A thread may come again, further down, with an earlier message. Fewer than the limit only at
    /// the end.
    /// </summary>
    ValueTask<IReadOnlyList<ThreadPlace>> ReadThreadsAsync(ConversationId conversation, SeqNo before, int limit, CancellationToken ct);
}

/// <summary>A thread.</summary>
/// <param name="Root">The message that began it.</param>
/// <param name="Last">A message in it: the newest, as far as this says.</param>
internal readonly record struct ThreadPlace(SeqNo Root, SeqNo Last);
