using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Messaging.Log.Cluster;

// What the changes of messages add up to.
internal partial interface ILogTables
{
    /// <summary>Messages, times users, that one read asks for at most: ScyllaDB's default limit (max-clustering-key-restrictions-per-query).</summary>
    const int MaxKeysRead = 100;

    /// <summary>The rows at some seqNos of a bucket, in any order; of some seqNos there may be several, of different terms.</summary>
    Task<IReadOnlyList<LogRow>> ReadAtAsync(ConversationId conversation, long bucket, IReadOnlyList<SeqNo> seqNos, CancellationToken ct);

    /// <summary>Sets <see cref="LogRow.IsChanged"/> of rows of one bucket. They are in the log.</summary>
    Task MarkChangedAsync(IReadOnlyList<LogRow> rows, CancellationToken ct);

    /// <summary>Writes versions of one block together. Of two with one key and one term the later <see cref="StateVersion.Last"/> stays, whichever is written last.</summary>
    Task WriteVersionsAsync(ConversationId conversation, IReadOnlyList<StateVersion> states, IReadOnlyList<ReactionVersion> reactions, CancellationToken ct);

    /// <summary>
    /// Marks versions of one block as settled, with the state and the reaction that they have now, and without a base. Deletes the rows of earlier terms. Does nothing to a version that was
    /// overwritten meanwhile.
    /// </summary>
    Task SettleAsync(ConversationId conversation, IReadOnlyList<StateVersion> states, IReadOnlyList<ReactionVersion> reactions, CancellationToken ct);

    /// <summary>The versions of the highest terms of up to <see cref="MaxKeysRead"/> messages.</summary>
    Task<IReadOnlyList<StateVersion>> ReadStateVersionsAsync(ConversationId conversation, IReadOnlyList<SeqNo> targets, CancellationToken ct);

    /// <summary>The versions of the highest terms of some users' reactions to some messages; <see cref="MaxKeysRead"/> limits the product of both.</summary>
    Task<IReadOnlyList<ReactionVersion>> ReadReactionVersionsAsync(
        ConversationId conversation, IReadOnlyList<SeqNo> targets, IReadOnlyList<UserId> users, CancellationToken ct);

    /// <summary>A message's reactions by user and emoji, after a place; also those that were taken back. Fewer than the limit only at the end.</summary>
    Task<IReadOnlyList<ReactionVersion>> ReadReactionVersionsAsync(ConversationId conversation, SeqNo target, ReactionPlace? after, int limit, CancellationToken ct);

    /// <summary>Deletes the reactions to a message for ever.</summary>
    Task RemoveReactionsAsync(ConversationId conversation, SeqNo target, CancellationToken ct);

    /// <summary>Deletes the state of a message for ever.</summary>
    Task RemoveStateAsync(ConversationId conversation, SeqNo target, CancellationToken ct);
}
