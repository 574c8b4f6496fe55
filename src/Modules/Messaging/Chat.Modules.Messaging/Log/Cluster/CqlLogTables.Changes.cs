using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Messaging.Changes;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log.Cluster;

// What the changes of messages add up to.
internal sealed partial class CqlLogTables
{
    // The two below have no deletions by value and no clock in their timestamps: a write's is twice the seqNo of its last change, and one more where that is settled.
    // A deletion has a time as its timestamp, which is above all of them.
    private const string InsertState =
        """
        INSERT INTO messaging_states (conversation, block, target, term, first, last, base, state, settled)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?
        """;

    private const string InsertReaction =
        """
        INSERT INTO messaging_reactions (conversation, block, target, user, emoji, term, first, last, seq, is_on, base_seq, base_on, settled)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?
        """;

    private const string ReactionColumns = "target, user, emoji, term, first, last, seq, is_on, base_seq, base_on, settled";

    private static readonly byte[] Nothing = [];

    public Task<IReadOnlyList<LogRow>> ReadAtAsync(ConversationId conversation, long bucket, IReadOnlyList<SeqNo> seqNos, CancellationToken ct) =>
        ReadRowsAsync(conversation, ToContent, int.MaxValue, new(
            $"SELECT {MessageColumns} FROM messaging_messages WHERE conversation = ? AND bucket = ? AND seq_no IN ?",
            conversation.Value, bucket, seqNos.Select(seqNo => seqNo.Value).ToList()), ct);

    public Task MarkChangedAsync(IReadOnlyList<LogRow> rows, CancellationToken ct) => WriteAsync(
        [.. rows.Select(row => new CqlStatement(
            $"UPDATE messaging_messages SET changed = true {OneRow}", row.Message.Conversation.Value, Buckets.Of(row.SeqNo), row.SeqNo.Value, row.Term))], ct);

    public Task WriteVersionsAsync(
        ConversationId conversation, IReadOnlyList<StateVersion> states, IReadOnlyList<ReactionVersion> reactions, CancellationToken ct) => WriteAsync(
        [.. states.Select(version => Insert(conversation, version, isSettled: false)), .. reactions.Select(version => Insert(conversation, version, isSettled: false))], ct);

    public Task SettleAsync(
        ConversationId conversation, IReadOnlyList<StateVersion> states, IReadOnlyList<ReactionVersion> reactions, CancellationToken ct) => WriteAsync(
        [
            .. states.Select(version => Insert(conversation, version, isSettled: true)),
            .. states.Where(version => version.HasEarlier).Select(version => new CqlStatement(
                "DELETE FROM messaging_states WHERE conversation = ? AND block = ? AND target = ? AND term < ?",
                conversation.Value, Blocks.Of(version.Target), version.Target.Value, version.Term)),
            .. reactions.Select(version => Insert(conversation, version, isSettled: true)),
            .. reactions.Where(version => version.HasEarlier).Select(version => new CqlStatement(
                "DELETE FROM messaging_reactions WHERE conversation = ? AND block = ? AND target = ? AND user = ? AND emoji = ? AND term < ?",
                conversation.Value, Blocks.Of(version.Target), version.Target.Value, version.User.Value, version.Emoji, version.Term)),
        ], ct);

    public async Task<IReadOnlyList<StateVersion>> ReadStateVersionsAsync(ConversationId conversation, IReadOnlyList<SeqNo> targets, CancellationToken ct)
    {
        var found = new List<StateVersion>();
        var select = new CqlStatement(
            "SELECT target, term, first, last, base, state, settled FROM messaging_states WHERE conversation = ? AND block IN ? AND target IN ?",
            conversation.Value, BlocksOf(targets), targets.Select(target => target.Value).ToList());
        await foreach (var row in ReadAllAsync(select, ct))
        {
            var target = new SeqNo(row.Get<long>(0));
            if (found.Count > 0 && found[^1].Target == target)
            {
                found[^1] = found[^1] with { HasEarlier = true };
                continue;
            }
            found.Add(new StateVersion(target, row.Get<long>(1), new SeqNo(row.Get<long>(2)), new SeqNo(row.Get<long>(3)), ToMessageState(row, 5), ToMessageState(row, 4))
            {
                IsSettled = row.Get<bool>(6),
            });
        }
        return found;
    }

    public async Task<IReadOnlyList<ReactionVersion>> ReadReactionVersionsAsync(
        ConversationId conversation, IReadOnlyList<SeqNo> targets, IReadOnlyList<UserId> users, CancellationToken ct)
    {
        var found = new List<ReactionVersion>();
        var select = new CqlStatement(
            $"SELECT {ReactionColumns} FROM messaging_reactions WHERE conversation = ? AND block IN ? AND target IN ? AND user IN ?",
            conversation.Value, BlocksOf(targets), targets.Select(target => target.Value).ToList(), users.Select(user => user.Value).ToList());
        await foreach (var row in ReadAllAsync(select, ct))
            Add(found, row);
        return found;
    }

    public async Task<IReadOnlyList<ReactionVersion>> ReadReactionVersionsAsync(
        ConversationId conversation, SeqNo target, ReactionPlace? after, int limit, CancellationToken ct)
    {
        const string select = $"SELECT {ReactionColumns} FROM messaging_reactions WHERE conversation = ? AND block = ? AND target = ?";
        var found = new List<ReactionVersion>();
        var statement = after is { } place
            ? new CqlStatement($"{select} AND (user, emoji) > (?, ?)", conversation.Value, Blocks.Of(target), target.Value, place.User.Value, place.Emoji) { PageSize = limit + 1 }
            : new CqlStatement(select, conversation.Value, Blocks.Of(target), target.Value) { PageSize = limit + 1 };
        await foreach (var row in ReadAllAsync(statement, ct))
        {
            Add(found, row);
            if (found.Count > limit)
                return found[..limit];
        }
        return found;
    }

    public Task RemoveReactionsAsync(ConversationId conversation, SeqNo target, CancellationToken ct) => _session.ExecuteAsync(
        new("DELETE FROM messaging_reactions WHERE conversation = ? AND block = ? AND target = ?", conversation.Value, Blocks.Of(target), target.Value), ct);

    public Task RemoveStateAsync(ConversationId conversation, SeqNo target, CancellationToken ct) => _session.ExecuteAsync(
        new("DELETE FROM messaging_states WHERE conversation = ? AND block = ? AND target = ?", conversation.Value, Blocks.Of(target), target.Value), ct);

    // Of one partition, so all or nothing on a replica, and no limit to its size.
    private Task<CqlResult> WriteAsync(IReadOnlyList<CqlStatement> statements, CancellationToken ct) =>
        statements.Count == 1 ? _session.ExecuteAsync(statements[0], ct) : _session.ExecuteBatchAsync(statements, ct);

    private async IAsyncEnumerable<CqlRow> ReadAllAsync(CqlStatement select, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        for (CqlStatement? next = select; next is not null;)
        {
            var page = await _session.ExecuteAsync(next, ct);
            foreach (var row in page.Rows)
                yield return row;
            next = page.PagingState is null ? null : next.After(page.PagingState);
        }
    }

    private static CqlStatement Insert(ConversationId conversation, StateVersion version, bool isSettled) => new(
        InsertState,
        conversation.Value, Blocks.Of(version.Target), version.Target.Value, version.Term, version.First.Value, version.Last.Value,
        isSettled ? Nothing : Encode(version.Base), Encode(version.State), isSettled, TimestampOf(version.Last, isSettled));

    private static CqlStatement Insert(ConversationId conversation, ReactionVersion version, bool isSettled) => new(
        InsertReaction,
        conversation.Value, Blocks.Of(version.Target), version.Target.Value, version.User.Value, version.Emoji, version.Term, version.First.Value, version.Last.Value,
        version.Now?.Entry.Value ?? 0, version.Now is { On: true }, version.Base?.Entry.Value ?? 0, version.Base is { On: true }, isSettled, TimestampOf(version.Last, isSettled));

    private static long TimestampOf(SeqNo last, bool isSettled) => (2 * last.Value) + (isSettled ? 1 : 0);

    private static byte[] Encode(MessageState? state) => state is null ? Nothing : StateCodec.Encode(state);

    private static MessageState? ToMessageState(CqlRow row, int column) =>
        row.Get<ReadOnlyMemory<byte>>(column) is { IsEmpty: false } bytes ? StateCodec.Decode(bytes.Span) : null;

    private static List<long> BlocksOf(IReadOnlyList<SeqNo> targets) => [.. targets.Select(Blocks.Of).Distinct()];

    // By rising keys, the highest term of each first.
    private static void Add(List<ReactionVersion> found, CqlRow row)
    {
        var (target, user, emoji) = (new SeqNo(row.Get<long>(0)), UserId.Parse(row.Get<string>(1)), row.Get<string>(2));
        if (found.Count > 0 && (found[^1].Target, found[^1].User, found[^1].Emoji) == (target, user, emoji))
            found[^1] = found[^1] with { HasEarlier = true };
        else
            found.Add(new ReactionVersion(
                target, user, emoji, row.Get<long>(3), new SeqNo(row.Get<long>(4)), new SeqNo(row.Get<long>(5)), ToEntry(row, 6), ToEntry(row, 8)) { IsSettled = row.Get<bool>(10) });
    }

    private static OwnReaction? ToEntry(CqlRow row, int column) =>
        row.Get<long>(column) is > 0 and var seqNo ? new OwnReaction(new SeqNo(seqNo), row.Get<bool>(column + 1)) : null;
}
