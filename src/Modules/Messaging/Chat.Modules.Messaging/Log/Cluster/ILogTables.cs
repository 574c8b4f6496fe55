using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log.Cluster;

/// <summary>
/// What the clustered log asks of its database, and all that its order stands on (docs/adr/0005): two linearizable steps, and writes and
/// reads at a quorum, where a read that begins after a write was answered has it in it, and the rows that one read has
/// returned a later one returns.
/// </summary>
/// <remarks>Each may throw <see cref="StoreUnavailableException"/>: a write may then have happened, or happen at any later time.</remarks>
internal interface ILogTables
{
    /// <summary>The opaque name of this log's history: the one kept, or <paramref name="proposed"/>, which is kept from now on.</summary>
    Task<string> OpenEpochAsync(string proposed, CancellationToken ct);

    /// <summary>Partitions that one read asks for at most: what ScyllaDB allows as shipped (max-partition-key-restrictions-per-query).</summary>
    const int MaxPartitionsRead = 100;

    /// <summary>Null for a conversation that nobody has ever written to.</summary>
    Task<ConversationState?> ReadStateAsync(ConversationId conversation, CancellationToken ct);

    /// <summary>As <see cref="ReadStateAsync"/>, of up to <see cref="MaxPartitionsRead"/> conversations, in their order.</summary>
    Task<IReadOnlyList<ConversationState?>> ReadStatesAsync(IReadOnlyList<ConversationId> conversations, CancellationToken ct);

    /// <summary>Begins a term, which is what hosts compete for; false where another host has begun one after <paramref name="before"/>.</summary>
    /// <param name="conversation">Whose writer changes.</param>
    /// <param name="before">The term that ends; 0 for none.</param>
    /// <param name="writer">The host, in this run of it.</param>
    /// <param name="busyFor">See <see cref="ConversationState.BusyFor"/>.</param>
    Task<bool> BeginTermAsync(ConversationId conversation, long before, Guid writer, TimeSpan busyFor, CancellationToken ct);

    /// <summary>Says where a term begins: the terms before it count up to <paramref name="fence"/> and no further. False where it is over.</summary>
    Task<bool> SetFenceAsync(ConversationId conversation, long term, SeqNo fence, CancellationToken ct);

    /// <summary>Says that a bucket may have rows; of several the highest stays.</summary>
    Task OpenBucketAsync(ConversationId conversation, long bucket, CancellationToken ct);

    Task WriteClaimAsync(Claim claim, CancellationToken ct);

    /// <summary>All claims below a key, also those of other attempts that share it.</summary>
    Task<IReadOnlyList<Claim>> ReadClaimsAsync(long key, CancellationToken ct);

    /// <summary>
    /// Writes rows of one bucket together: a replica has all or none of them, until a reader's page has mended a part of them elsewhere.
    /// </summary>
    Task WriteRowsAsync(long term, IReadOnlyList<LoggedMessage> messages, CancellationToken ct);

    /// <summary>Overwrites what a row that was read says, and leaves the row: later than the write that made it, whatever the hosts' clocks say.</summary>
    Task EraseAsync(LogRow row, CancellationToken ct);

    /// <summary>Deletes rows of one conversation that do not count and never will: those of terms that are over, above the fence of a later one.</summary>
    Task RemoveAsync(IReadOnlyList<LogRow> rows, CancellationToken ct);

    /// <summary>A bucket's rows above a seqNo, by seqNo and, where terms have written the same one, by term.</summary>
    Task<IReadOnlyList<LogRow>> ReadUpAsync(ConversationId conversation, long bucket, SeqNo after, int limit, CancellationToken ct);

    /// <summary>As <see cref="ReadUpAsync"/>; of what the messages say no more may be read than whether it was erased.</summary>
    Task<IReadOnlyList<LogRow>> ReadSendersUpAsync(ConversationId conversation, long bucket, SeqNo after, int limit, CancellationToken ct) =>
        ReadUpAsync(conversation, bucket, after, limit, ct);

    /// <summary>A bucket's rows below a seqNo, in the opposite order of <see cref="ReadUpAsync"/>.</summary>
    Task<IReadOnlyList<LogRow>> ReadDownAsync(ConversationId conversation, long bucket, SeqNo before, int limit, CancellationToken ct);

    /// <summary>
    /// The highest row of a bucket in each of up to <see cref="MaxPartitionsRead"/> conversations, where it has one, in any order. Without its content it
    /// says no more than whether it was erased.
    /// </summary>
    Task<IReadOnlyList<LogRow>> ReadNewestAsync(IReadOnlyList<ConversationId> conversations, long bucket, bool withContent, CancellationToken ct);

    /// <summary>Lists a direct conversation for both of its users, and as begun by one of them where that is known.</summary>
    Task AddDirectAsync(ConversationId conversation, UserId? begunBy, CancellationToken ct);

    /// <summary>At most <paramref name="limit"/>.</summary>
    Task<int> CountDirectsBegunAsync(UserId user, int limit, CancellationToken ct);

    /// <summary>Those of some direct conversations that are listed for a user.</summary>
    Task<IReadOnlyList<ConversationId>> FindDirectsAsync(UserId user, IReadOnlyList<ConversationId> conversations, CancellationToken ct);

    Task<int> CountDirectsAsync(UserId user, int limit, CancellationToken ct);

    Task<IReadOnlyList<ConversationId>> ReadDirectsAsync(UserId user, CancellationToken ct);
}

/// <summary>Who may write to a conversation.</summary>
/// <param name="Term">Rises by one with each change of the writer; at most one host writes in it.</param>
/// <param name="BusyFor">For so long after its term began the writer asks to be left alone; a courtesy between hosts, on which nothing but speed depends.</param>
/// <param name="FencedTerm">The newest term whose beginning is known: none between it and <paramref name="Term"/> has written anything. 0 for none.</param>
/// <param name="Fence">The last seqNo before that term.</param>
/// <param name="Bucket">The highest bucket that may have rows.</param>
internal sealed record ConversationState(long Term, TimeSpan BusyFor, long FencedTerm, SeqNo Fence, long Bucket);

/// <summary>An attempt on its way into the log: if its message ever counts, it stands in that term within <see cref="Reach"/> after a seqNo.</summary>
/// <param name="Id">The message's.</param>
/// <param name="Term">Of the conversation.</param>
/// <param name="Sender">With <paramref name="ClientMsgId"/> the attempt.</param>
/// <param name="ClientMsgId">As the sender named it.</param>
/// <param name="After">The newest seqNo when the claim was made.</param>
internal sealed record Claim(MessageId Id, long Term, UserId Sender, string ClientMsgId, ConversationId Conversation, SeqNo After)
{
    /// <summary>How far behind <see cref="After"/> a claim's message stands at most: a batch.</summary>
    public const int Reach = 64;

    public long Key => AttemptKey.Of(Id);
}

/// <summary>A message as a term wrote it, which counts only where no later term began below it.</summary>
/// <param name="Term">The writer's.</param>
/// <param name="First">The first seqNo of those that were written together with it: all before that were at a quorum by then.</param>
/// <param name="Message">What was written.</param>
internal readonly record struct LogRow(long Term, SeqNo First, LoggedMessage Message)
{
    public SeqNo SeqNo => Message.SeqNo;
}
