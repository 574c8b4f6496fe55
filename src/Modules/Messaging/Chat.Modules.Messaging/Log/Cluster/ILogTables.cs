using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log.Cluster;

/// <summary>
/// The database operations of the log on a cluster. Its order depends on nothing else (docs/adr/0005): two linearizable steps, and writes and
/// reads at a quorum. A read that begins after a write was answered sees that write, and rows that one read returned are
/// returned by later reads.
/// </summary>
/// <remarks>Each may throw <see cref="StoreUnavailableException"/>: the write may have happened, or may still happen at any later time.</remarks>
internal partial interface ILogTables
{
    /// <summary>The opaque name of this log's history: the stored one, or else <paramref name="proposed"/>, which is stored.</summary>
    Task<string> OpenEpochAsync(string proposed, CancellationToken ct);

    /// <summary>Partitions that one read asks for at most: ScyllaDB's default limit (max-partition-key-restrictions-per-query).</summary>
    const int MaxPartitionsRead = 100;

    /// <summary>Null for a conversation that nobody has ever written to.</summary>
    Task<ConversationState?> ReadStateAsync(ConversationId conversation, CancellationToken ct);

    /// <summary>As <see cref="ReadStateAsync"/>, of up to <see cref="MaxPartitionsRead"/> conversations, in their order.</summary>
    Task<IReadOnlyList<ConversationState?>> ReadStatesAsync(IReadOnlyList<ConversationId> conversations, CancellationToken ct);

    /// <summary>Begins a term, for which servers compete; false if another server has already begun one after <paramref name="before"/>.</summary>
    /// <param name="conversation">Whose writer changes.</param>
    /// <param name="before">The term that ends; 0 for none.</param>
    /// <param name="writer">This run of the server.</param>
    /// <param name="busyFor">See <see cref="ConversationState.BusyFor"/>.</param>
    Task<bool> BeginTermAsync(ConversationId conversation, long before, Guid writer, TimeSpan busyFor, CancellationToken ct);

    /// <summary>Sets the fence of a term: rows of earlier terms count up to <paramref name="fence"/> only. False if the term is over.</summary>
    Task<bool> SetFenceAsync(ConversationId conversation, long term, SeqNo fence, CancellationToken ct);

    /// <summary>Stores that a bucket may have rows. The highest bucket stays.</summary>
    Task OpenBucketAsync(ConversationId conversation, long bucket, CancellationToken ct);

    /// <summary>Sets <see cref="ConversationState.HasTimer"/> for ever. The conversation has a term.</summary>
    Task MarkTimedAsync(ConversationId conversation, CancellationToken ct);

    Task WriteClaimAsync(Claim claim, CancellationToken ct);

    /// <summary>All claims with a key, also those of other attempts that share it.</summary>
    Task<IReadOnlyList<Claim>> ReadClaimsAsync(long key, CancellationToken ct);

    /// <summary>
    /// Writes rows of one bucket together: a replica has all or none of them, until the repair by a read copies a part of them to another replica.
    /// </summary>
    Task WriteRowsAsync(long term, IReadOnlyList<LoggedMessage> messages, CancellationToken ct);

    /// <summary>Overwrites the content of a row that was read, and keeps the row. Its timestamp is above that of the insert, whatever the servers' clocks say.</summary>
    Task EraseAsync(LogRow row, CancellationToken ct);

    /// <summary>Deletes rows of one conversation that do not count and never will: those of terms that are over, above the fence of a later one.</summary>
    Task RemoveAsync(IReadOnlyList<LogRow> rows, CancellationToken ct);

    /// <summary>A bucket's rows above a seqNo, ordered by seqNo, then by term.</summary>
    Task<IReadOnlyList<LogRow>> ReadUpAsync(ConversationId conversation, long bucket, SeqNo after, int limit, CancellationToken ct);

    /// <summary>As <see cref="ReadUpAsync"/>, but of the content it may read only whether it was erased, and of a change which message is below it.</summary>
    Task<IReadOnlyList<LogRow>> ReadSendersUpAsync(ConversationId conversation, long bucket, SeqNo after, int limit, CancellationToken ct) =>
        ReadUpAsync(conversation, bucket, after, limit, ct);

    /// <summary>A bucket's rows below a seqNo, in the opposite order of <see cref="ReadUpAsync"/>.</summary>
    Task<IReadOnlyList<LogRow>> ReadDownAsync(ConversationId conversation, long bucket, SeqNo before, int limit, CancellationToken ct);

    /// <summary>As <see cref="ReadDownAsync"/>, but of the content it may read only whether it was erased.</summary>
    Task<IReadOnlyList<LogRow>> ReadSendersDownAsync(ConversationId conversation, long bucket, SeqNo before, int limit, CancellationToken ct) =>
        ReadDownAsync(conversation, bucket, before, limit, ct);

    /// <summary>
    /// The highest row of a bucket in each of up to <see cref="MaxPartitionsRead"/> conversations that have one, in any order. Without content a row
    /// only says whether it was erased.
    /// </summary>
    Task<IReadOnlyList<LogRow>> ReadNewestAsync(IReadOnlyList<ConversationId> conversations, long bucket, bool withContent, CancellationToken ct);

    /// <summary>Adds a direct conversation to the lists of both users, and records who began it, if that is known.</summary>
    Task AddDirectAsync(ConversationId conversation, UserId? begunBy, CancellationToken ct);

    /// <summary>At most <paramref name="limit"/>.</summary>
    Task<int> CountDirectsBegunAsync(UserId user, int limit, CancellationToken ct);

    /// <summary>Those of some direct conversations that are listed for a user.</summary>
    Task<IReadOnlyList<ConversationId>> FindDirectsAsync(UserId user, IReadOnlyList<ConversationId> conversations, CancellationToken ct);

    Task<int> CountDirectsAsync(UserId user, int limit, CancellationToken ct);

    Task<IReadOnlyList<ConversationId>> ReadDirectsAsync(UserId user, CancellationToken ct);
}

/// <summary>Who may write to a conversation.</summary>
/// <param name="Term">Rises by one with each change of the writer; at most one server writes in it.</param>
/// <param name="BusyFor">How long after the term began other servers should wait before they begin the next. Only speed depends on it.</param>
/// <param name="FencedTerm">The newest term whose fence is set; terms between it and <paramref name="Term"/> have written nothing. 0 for none.</param>
/// <param name="Fence">The last seqNo before that term.</param>
/// <param name="Bucket">The highest bucket that may have rows.</param>
internal sealed record ConversationState(long Term, TimeSpan BusyFor, long FencedTerm, SeqNo Fence, long Bucket)
{
    /// <summary>Whether it may have a timer (<see cref="TimerState"/>); certainly none if not, as long as its term has lasted.</summary>
    public bool HasTimer { get; init; }
}

/// <summary>Announces an attempt: if its message ever counts, it is in this term, within <see cref="Reach"/> after a seqNo.</summary>
/// <param name="Id">The message's.</param>
/// <param name="Term">Of the conversation.</param>
/// <param name="Sender">With <paramref name="ClientMsgId"/> the attempt.</param>
/// <param name="ClientMsgId">As the sender named it.</param>
/// <param name="After">The newest seqNo when the claim was made.</param>
internal sealed record Claim(MessageId Id, long Term, UserId Sender, string ClientMsgId, ConversationId Conversation, SeqNo After)
{
    /// <summary>A claim's message is at most this many after <see cref="After"/>: the largest batch.</summary>
    public const int Reach = 64;

    public long Key => AttemptKey.Of(Id);
}

/// <summary>A message as a term wrote it. It does not count if a later term's fence is below it.</summary>
/// <param name="Term">The writer's.</param>
/// <param name="First">The first seqNo of its batch: all rows before that were at a quorum when it was written.</param>
internal readonly record struct LogRow(long Term, SeqNo First, LoggedMessage Message)
{
    public SeqNo SeqNo => Message.SeqNo;

    /// <summary>Whether there may be changes of the message; certainly none if not, as long as none was read.</summary>
    public bool IsChanged { get; init; }
}
