using System.Collections.Concurrent;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log.Cluster;

/// <summary>
/// Reads what is final: messages that nothing can take back, and before which nothing will ever appear. A row is final when, after it was
/// read at a quorum, its term was still the conversation's, for then whoever begins the next term reads it too; or when it stands up to
/// the fence of a term that had begun before. Of rows with one seqNo the highest term's counts (docs/adr/0005).
/// </summary>
internal sealed class FinalReader(ILogTables tables, TimeProvider clock)
{
    private const int MaxPage = 1_000;
    private const int MaxKnown = 100_000;

    // A host that died between beginning a term and its fence: after these another one begins a term of its own.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    // What was seen last: true at some time in the past, which is all that it is used for.
    private readonly ConcurrentDictionary<ConversationId, ConversationState> _known = new();

    /// <summary>Has a host begin a term above one whose fence does not come; set by the log.</summary>
    public Func<ConversationId, long, CancellationToken, Task> EndTerm { get; set; } = (_, _, _) => Task.CompletedTask;

    /// <summary>Messages above a seqNo, ascending, at most <paramref name="limit"/>; fewer only where there are no more.</summary>
    public async Task<Page> ReadUpAsync(ConversationId conversation, SeqNo after, int limit, CancellationToken ct) =>
        (await TryReadUpAsync(conversation, after, limit, waits: true, ct))!;

    /// <summary>As <see cref="ReadUpAsync"/>, but null where that would wait for another writer: for writers, who must not wait for one another.</summary>
    public Task<Page?> TryReadUpAsync(ConversationId conversation, SeqNo after, int limit, CancellationToken ct) =>
        TryReadUpAsync(conversation, after, limit, waits: false, ct);

    /// <summary>The newest messages below a seqNo, descending, at most <paramref name="limit"/>.</summary>
    public async Task<Page> ReadDownAsync(ConversationId conversation, SeqNo before, int limit, CancellationToken ct)
    {
        var found = new List<LoggedMessage>();
        while (true)
        {
            var want = Math.Min(limit - found.Count, MaxPage);
            var (rows, state, bucket, more) = await ReadDownOnceAsync(conversation, before, want, ct);
            found.AddRange(rows.Where(state.Counts).Select(row => row.Message));
            if (found.Count >= limit || !(more || bucket > 0))
                return new Page(found, state);
            before = more ? rows[^1].Message.SeqNo : new SeqNo(bucket * Buckets.Size + 1);
        }
    }

    private async Task<Page?> TryReadUpAsync(ConversationId conversation, SeqNo after, int limit, bool waits, CancellationToken ct)
    {
        var found = new List<LoggedMessage>();
        while (true)
        {
            var want = Math.Min(limit - found.Count, MaxPage);
            if (await ReadUpOnceAsync(conversation, after, want, waits, ct) is not var (rows, state, more))
                return null;
            var counting = rows.TakeWhile(state.Counts).ToList();
            var complete = counting.Count == rows.Count;
            found.AddRange(counting.Take(want).Select(row => row.Message));
            // A seqNo without a row that counts is the first behind the newest message: the seqNos have no holes.
            if (!complete || found.Count >= limit || rows.Count == 0 || !(more || Buckets.IsLastOf(found[^1].SeqNo)))
                return new Page(found, state);
            after = found[^1].SeqNo;
        }
    }

    private async Task<(List<LogRow> Rows, ConversationState State, bool More)?> ReadUpOnceAsync(
        ConversationId conversation, SeqNo after, int want, bool waits, CancellationToken ct)
    {
        var bucket = Buckets.Of(after.Next);
        if (await ReadStablyAsync(
            conversation, async _ => await tables.ReadUpAsync(conversation, bucket, after, want + 1, ct), state => (state.Term, state.FencedTerm),
            waits, ct) is not var (read, state))
            return null;
        var more = read.Count > want;
        var rows = new List<LogRow>(read.Count);
        foreach (var row in read)
        {
            if (rows.Count > 0 && rows[^1].Message.SeqNo == row.Message.SeqNo)
                rows[^1] = row;
            else
                rows.Add(row);
        }
        // The page may have cut off the last seqNo's highest term.
        if (more && rows.Count > 1)
            rows.RemoveAt(rows.Count - 1);
        else if (more)
            return await ReadUpOnceAsync(conversation, after, want * 2, waits, ct);
        return (rows, state, more);
    }

    private async Task<(List<LogRow> Rows, ConversationState State, long Bucket, bool More)> ReadDownOnceAsync(
        ConversationId conversation, SeqNo before, int want, CancellationToken ct)
    {
        var bucket = 0L;
        var (read, state) = (await ReadStablyAsync(
            conversation,
            async state =>
            {
                bucket = Math.Min(state.Bucket, before.Value > 1 ? Buckets.Of(new SeqNo(before.Value - 1)) : 0);
                return await tables.ReadDownAsync(conversation, bucket, before, want, ct);
            },
            state => (state.Term, state.FencedTerm, state.Bucket), waits: true, ct))!.Value;
        var rows = new List<LogRow>(read.Count);
        foreach (var row in read)
        {
            if (rows.Count == 0 || rows[^1].Message.SeqNo != row.Message.SeqNo)
                rows.Add(row);
        }
        return (rows, state, bucket, read.Count == want);
    }

    // Reads rows between two looks at the state that agree in what the judgement of the rows depends on, and until all can be judged.
    private async Task<(IReadOnlyList<LogRow> Rows, ConversationState State)?> ReadStablyAsync<T>(
        ConversationId conversation, Func<ConversationState, Task<IReadOnlyList<LogRow>>> read, Func<ConversationState, T> essence,
        bool waits, CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        var before = _known.TryGetValue(conversation, out var known) ? known : await tables.ReadStateAsync(conversation, ct);
        while (before is not null)
        {
            var rows = await read(before);
            var state = (await tables.ReadStateAsync(conversation, ct))!;
            Remember(conversation, state);
            var agree = EqualityComparer<T>.Default.Equals(essence(before), essence(state));
            before = state;
            if (!agree)
                continue;
            if (rows.All(state.Settles))
                return (rows, state);
            if (!waits)
                return null;

            if (clock.GetElapsedTime(started) < Patience)
                await Task.Delay(Pause, clock, ct);
            else
                await EndTerm(conversation, state.Term + 1, ct);
        }
        return ([], ConversationStates.None);
    }

    private void Remember(ConversationId conversation, ConversationState state)
    {
        if (_known.Count >= MaxKnown)
            _known.Clear();
        _known[conversation] = state;
    }
}

/// <summary>Messages that are final, and what the conversation's state was after they were read.</summary>
internal sealed record Page(List<LoggedMessage> Messages, ConversationState State);

/// <summary>What a state says of rows that were read while it was so.</summary>
internal static class ConversationStates
{
    public static ConversationState None { get; } = new(0, DateTimeOffset.UnixEpoch, 0, SeqNo.None, 0);

    /// <summary>Whether a row, of the highest term at its seqNo, is a message; only where it <see cref="Settles"/>.</summary>
    public static bool Counts(this ConversationState state, LogRow row) => row.Term == state.Term || row.Message.SeqNo <= state.Fence;

    /// <summary>False for a row behind the newest known fence, while whoever began the next term has yet to say where.</summary>
    public static bool Settles(this ConversationState state, LogRow row) =>
        state.Counts(row) || state.FencedTerm == state.Term || row.Term < state.FencedTerm;
}
