using System.Collections.Concurrent;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log.Cluster;

/// <summary>
/// Reads final messages: nothing can undo them, and nothing will ever appear before them. A row is final if its term was still the conversation's after it and all
/// rows before it were read at a quorum: then the writer that begins the next term reads it too. It is also final if it is at or below the fence of a term that
/// began before. Of several rows with one seqNo the one of the highest term counts (docs/adr/0005).
/// </summary>
internal sealed partial class FinalReader(ILogTables tables, TimeProvider clock)
{
    public const int MaxPage = 1_000;
    private const int MaxKnown = 100_000;

    // For a server that died between beginning a term and setting its fence: after these another server begins a new term.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<ConversationId, Known> _known = new();
    private int _count;

    /// <summary>Begins a new term above one whose fence does not come; set by the log.</summary>
    public Func<ConversationId, long, CancellationToken, Task> EndTerm { get; set; } = (_, _, _) => Task.CompletedTask;

    /// <summary>Messages above a seqNo, ascending, at most <paramref name="limit"/>; fewer only if there are no more.</summary>
    public async Task<Page> ReadUpAsync(ConversationId conversation, SeqNo after, int limit, CancellationToken ct) =>
        (await TryReadUpAsync(conversation, after, limit, waits: true, tables.ReadUpAsync, ct))!;

    /// <summary>As <see cref="ReadUpAsync"/>, but without the messages' content: for callers that need the senders only.</summary>
    public async Task<Page> ReadSendersUpAsync(ConversationId conversation, SeqNo after, int limit, CancellationToken ct) =>
        (await TryReadUpAsync(conversation, after, limit, waits: true, tables.ReadSendersUpAsync, ct))!;

    /// <summary>As <see cref="ReadUpAsync"/>, but null if that would wait for another writer: for writers, which must not wait for one another.</summary>
    public Task<Page?> TryReadUpAsync(ConversationId conversation, SeqNo after, int limit, CancellationToken ct) =>
        TryReadUpAsync(conversation, after, limit, waits: false, tables.ReadUpAsync, ct);

    /// <summary>The newest messages below a seqNo, descending, at most <paramref name="limit"/>.</summary>
    public Task<Page> ReadDownAsync(ConversationId conversation, SeqNo before, int limit, CancellationToken ct) =>
        ReadDownAsync(conversation, before, limit, tables.ReadDownAsync, ct);

    /// <summary>As <see cref="ReadDownAsync(ConversationId, SeqNo, int, CancellationToken)"/>, but without the messages' content.</summary>
    public Task<Page> ReadSendersDownAsync(ConversationId conversation, SeqNo before, int limit, CancellationToken ct) =>
        ReadDownAsync(conversation, before, limit, tables.ReadSendersDownAsync, ct);

    private async Task<Page> ReadDownAsync(ConversationId conversation, SeqNo before, int limit, ReadRows readDown, CancellationToken ct)
    {
        var found = new List<LogRow>();
        var want = Math.Min(limit, MaxPage);
        while (true)
        {
            var bucket = 0L;
            var (read, state) = (await ReadStablyAsync(
                conversation,
                async state =>
                {
                    bucket = Math.Min(state.Bucket, before.Value > 1 ? Buckets.Of(new SeqNo(before.Value - 1)) : 0);
                    return await readDown(conversation, bucket, before, want, ct);
                },
                state => (state.Term, state.FencedTerm, state.Bucket), waits: true, ct))!.Value;
            var more = read.Count == want;
            var rows = HighestTerms(read.Reverse(), state);
            var after = more && rows.Count > 0 ? new SeqNo(rows[0].SeqNo.Value - 1) : new SeqNo(bucket * Buckets.Size);
            if (GaplessRows.Count(rows, after, FloorOf(conversation, state)) is not { } whole)
            {
                want += Claim.Reach;
                continue;
            }
            if (whole > 0)
                Remember(conversation, state, rows[whole - 1].SeqNo);
            found.AddRange(rows.Take(whole).Reverse().Take(limit - found.Count));
            if (found.Count == limit || !(more || bucket > 0))
                return new Page(found, state);
            before = more ? read[^1].SeqNo : new SeqNo(bucket * Buckets.Size + 1);
            want = Math.Min(limit - found.Count, MaxPage);
        }
    }

    private async Task<Page?> TryReadUpAsync(ConversationId conversation, SeqNo after, int limit, bool waits, ReadRows readUp, CancellationToken ct)
    {
        var found = new List<LogRow>();
        // Where the read begins: below the requested seqNo if that is needed to decide.
        var from = after;
        var want = Math.Min(limit, MaxPage);
        while (true)
        {
            var bucket = Buckets.Of(from.Next);
            if (await ReadStablyAsync(
                conversation, async _ => await readUp(conversation, bucket, from, want + 1, ct), state => (state.Term, state.FencedTerm),
                waits, ct) is not var (read, state))
                return null;
            var more = read.Count > want;
            var rows = HighestTerms(read, state);
            // The page may lack the highest term of its last seqNo.
            if (more && rows.Count > 0 && rows[^1].SeqNo == read[^1].SeqNo)
                rows.RemoveAt(rows.Count - 1);
            var whole = GaplessRows.Count(rows, from, FloorOf(conversation, state));
            if (whole is null)
            {
                from = new SeqNo(rows[0].First.Value - 1);
                want += Claim.Reach;
                continue;
            }
            if (more && rows.Count == 0 && read.All(row => row.SeqNo == read[0].SeqNo))
            {
                want *= 2;
                continue;
            }
            var last = whole > 0 ? rows[whole.Value - 1].SeqNo : from;
            if (whole > 0)
                Remember(conversation, state, last);
            found.AddRange(rows.Take(whole.Value).Where(row => row.SeqNo > after).Take(limit - found.Count));
            // The first seqNo without a counting row is the one after the newest message: seqNos have no holes here.
            if (whole < rows.Count || found.Count == limit || whole == 0 || !(more || Buckets.IsLastOf(last)))
                return new Page(found, state);
            from = last;
            want = Math.Min(limit - found.Count, MaxPage);
        }
    }

    // By rising seqNo: the row of the highest term of each seqNo, if it counts.
    private static List<LogRow> HighestTerms(IEnumerable<LogRow> rising, ConversationState state)
    {
        var rows = new List<LogRow>();
        foreach (var row in rising)
        {
            if (rows.Count > 0 && rows[^1].SeqNo == row.SeqNo)
                rows[^1] = row;
            else
                rows.Add(row);
        }
        rows.RemoveAll(row => !state.Counts(row));
        return rows;
    }

    private SeqNo FloorOf(ConversationId conversation, ConversationState state) =>
        _known.TryGetValue(conversation, out var known) ? SeqNo.Max(known.Final, state.Fence) : state.Fence;

    // Reads rows between two reads of the state, until both states agree on what decides about the rows, and all rows can be decided.
    private async Task<(IReadOnlyList<LogRow> Rows, ConversationState State)?> ReadStablyAsync<T>(
        ConversationId conversation, Func<ConversationState, Task<IReadOnlyList<LogRow>>> read, Func<ConversationState, T> essence,
        bool waits, CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        var before = _known.TryGetValue(conversation, out var known) ? known.State : await tables.ReadStateAsync(conversation, ct);
        while (before is not null)
        {
            var rows = await read(before);
            var state = (await tables.ReadStateAsync(conversation, ct))!;
            Remember(conversation, state, SeqNo.None);
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

    /// <summary>How long this server has known the term, by its own clock; counted from the first call.</summary>
    public TimeSpan KnownFor(ConversationId conversation, ConversationState state)
    {
        Remember(conversation, state, SeqNo.None);
        return _known.TryGetValue(conversation, out var known) && known.State.Term == state.Term ? clock.GetElapsedTime(known.Since) : TimeSpan.Zero;
    }

    private void Remember(ConversationId conversation, ConversationState state, SeqNo final)
    {
        var now = clock.GetTimestamp();
        _known.AddOrUpdate(
            conversation,
            _ =>
            {
                Interlocked.Increment(ref _count);
                return new Known(state, final, now);
            },
            (_, known) => new Known(state, SeqNo.Max(known.Final, final), known.State.Term == state.Term ? known.Since : now));
        if (Volatile.Read(ref _count) <= MaxKnown)
            return;
        _known.Clear();
        Volatile.Write(ref _count, 0);
    }

    private delegate Task<IReadOnlyList<LogRow>> ReadRows(ConversationId conversation, long bucket, SeqNo from, int limit, CancellationToken ct);

    /// <summary>The last known state, which was true at some time; the seqNo up to which everything is final; and since when the term is known.</summary>
    private sealed record Known(ConversationState State, SeqNo Final, long Since);
}

/// <summary>Rows of final messages, and the conversation's state after they were read.</summary>
internal sealed record Page(List<LogRow> Rows, ConversationState State)
{
    public IEnumerable<LoggedMessage> Messages => Rows.Select(row => row.Message);
}

/// <summary>What a state says about rows that were read while it was true.</summary>
internal static class ConversationStates
{
    public static ConversationState None { get; } = new(0, TimeSpan.Zero, 0, SeqNo.None, 0);

    /// <summary>Whether a row, the one of the highest term at its seqNo, is a message. Call only if the state <see cref="Settles"/> it.</summary>
    public static bool Counts(this ConversationState state, LogRow row) => row.Term == state.Term || row.SeqNo <= state.Fence;

    /// <summary>False for a row above the newest known fence, while the next term's fence is not set yet.</summary>
    public static bool Settles(this ConversationState state, LogRow row) =>
        state.Counts(row) || state.FencedTerm == state.Term || row.Term < state.FencedTerm;
}
