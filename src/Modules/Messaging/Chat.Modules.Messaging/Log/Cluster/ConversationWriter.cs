using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Feed;

namespace Chat.Modules.Messaging.Log.Cluster;

/// <summary>
/// Appends this server's messages to one conversation, one batch after the other, in a term of its own (docs/adr/0005). For each batch it touches the conversation,
/// claims the attempts, reads whether another server has claimed them, writes the rows with the next seqNos, reads whether its term is still the
/// conversation's, and answers. If anything fails in between, the term ends, and the next one begins after the newest message that counts.
/// </summary>
internal sealed partial class ConversationWriter(ConversationId conversation, WriterContext context)
{
    private const int MaxBatch = Claim.Reach;
    private const int MaxBatchBytes = 48 * 1024;
    private const int MaxUncertainTries = 2;

    private readonly Lock _lock = new();
    private readonly LinkedList<ClusterAppend> _waiting = new();

    // Under the lock.
    private bool _running;
    private long _endTerm;

    // By device, in order: an append that another server may be writing, and the device's other appends, which wait so that the order is kept.
    private readonly Dictionary<DeviceAddress, List<ClusterAppend>> _contested = [];
    private TaskCompletionSource? _ended;

    // Used only by the run; there is one at a time.
    private HeldTerm? _held;
    private int _lostTerms;
    private bool _hadTurn;
    private Touch _touch;

    /// <summary>Whether it has nothing to do, so that it can be removed from memory.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_lock)
                return !_running && _contested.Count == 0;
        }
    }

    public void Enqueue(ClusterAppend append)
    {
        lock (_lock)
        {
            if (_contested.TryGetValue(append.Draft.Sender, out var held))
            {
                held.Add(append);
                return;
            }
            _waiting.AddLast(append);
            if (_running)
                return;
            _running = true;
        }
        _ = RunAsync();
    }

    /// <summary>Ends a contest: the append was answered, or is to be appended here. The device's other appends continue.</summary>
    public void EndContest(ClusterAppend append, bool isOver)
    {
        lock (_lock)
        {
            _contested.Remove(append.Draft.Sender, out var held);
            foreach (var next in held!.Where(next => next != append || !isOver))
                _waiting.AddLast(next);
            if (_running || _waiting.Count == 0)
                return;
            _running = true;
        }
        _ = RunAsync();
    }

    /// <summary>Returns when the conversation is in <paramref name="term"/> or a later one: what earlier terms left unfinished is decided then.</summary>
    public Task BeginTermAsync(long term)
    {
        Task ended;
        var start = false;
        lock (_lock)
        {
            _endTerm = Math.Max(_endTerm, term);
            ended = (_ended ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            start = !_running;
            _running = true;
        }
        if (start)
            _ = RunAsync();
        return ended;
    }

    private async Task RunAsync()
    {
        while (true)
        {
            TaskCompletionSource? ended;
            long endTerm;
            List<ClusterAppend> batch;
            lock (_lock)
            {
                (ended, endTerm, _ended) = (_ended, _endTerm, null);
                batch = ended is null && _held is not null ? TakeBatch() : [];
                if (ended is null && batch.Count == 0 && _waiting.Count == 0)
                {
                    _running = false;
                    return;
                }
            }
            if (batch.Count > 0)
                await AppendAsync(_held!, batch);
            else
                await BeginTermAsync(ended, endTerm);
        }
    }

    /// <summary>Claims a batch, writes it and answers; never throws.</summary>
    private async Task AppendAsync(HeldTerm held, List<ClusterAppend> batch)
    {
        var started = context.Now;
        try
        {
            // The touch must be there before a row can be read. It is written together with the claims, so it takes no extra time.
            await Task.WhenAll(TouchAsync(batch), ClaimAsync(held, batch));
            if (batch.Count == 0 || await WriteAsync(held, batch, started))
                return;
            // The term is over, and its claims with it. The next term starts the batch again, and finds the claims and any rows that it has included.
            _held = null;
            _lostTerms++;
            context.Shared.Add(conversation);
            PutBack(batch);
        }
        catch (Exception e)
        {
            _held = null;
            batch.ForEach(append => context.Fail(append, e));
        }
    }

    private async Task TouchAsync(IReadOnlyList<ClusterAppend> appends) =>
        _touch = await context.Touches.TouchAsync(conversation, [.. appends.Select(append => Activity.Of(append.Id))], _touch);

    private async Task BeginTermAsync(TaskCompletionSource? ended, long endTerm)
    {
        try
        {
            if (ended is not null && _held?.Term < endTerm)
                _held = null;
            _held ??= await BeginTermAsync();
            ended?.TrySetResult();
        }
        catch (Exception e)
        {
            _held = null;
            ended?.TrySetException(e);
            List<ClusterAppend> waiting;
            lock (_lock)
                waiting = TakeBatch();
            waiting.ForEach(append => context.Fail(append, e));
        }
    }

    private List<ClusterAppend> TakeBatch()
    {
        var batch = new List<ClusterAppend>();
        for (var bytes = 0; batch.Count < MaxBatch && _waiting.First is { } first; batch.Add(first.Value), _waiting.RemoveFirst())
        {
            bytes += first.Value.Bytes;
            if (bytes > MaxBatchBytes && batch.Count > 0)
                break;
        }
        return batch;
    }

    private void PutBack(List<ClusterAppend> appends)
    {
        lock (_lock)
        {
            for (var i = appends.Count - 1; i >= 0; i--)
            {
                if (_contested.TryGetValue(appends[i].Draft.Sender, out var held))
                    held.Insert(0, appends[i]);
                else
                    _waiting.AddFirst(appends[i]);
            }
        }
    }

    private async Task<HeldTerm> BeginTermAsync()
    {
        var uncertain = 0;
        for (var attempt = 0; attempt < WriterContext.MaxTurns; attempt++)
        {
            try
            {
                if (await TryBeginTermAsync(attempt) is { } held)
                    return held;
            }
            catch (StoreUnavailableException) when (uncertain++ < MaxUncertainTries)
            {
                // For example when a node dies. Whether this server's term began or not, it may begin the one after.
            }
        }
        throw new StoreUnavailableException("Other servers began a term each time.");
    }

    private async Task<HeldTerm?> TryBeginTermAsync(int attempt)
    {
        var tables = context.Tables;
        var state = await tables.ReadStateAsync(conversation, CancellationToken.None);
        await context.WaitForTurnAsync(conversation, state, attempt, _hadTurn);
        var begunAt = context.Now;
        if (!await tables.BeginTermAsync(conversation, state?.Term ?? 0, context.Writer, context.BusyFor(_lostTerms), CancellationToken.None))
            return null;

        // From here on no earlier term can answer anyone; what it has written by now counts. The state is read again, because the last term may have
        // set its fence and written rows since.
        var term = (state?.Term ?? 0) + 1;
        var begun = await tables.ReadStateAsync(conversation, CancellationToken.None);
        var lost = new List<LogRow>();
        var head = await FindHeadAsync(begun!, lost);
        if (!await tables.SetFenceAsync(conversation, term, head, CancellationToken.None))
        {
            _lostTerms++;
            return null;
        }
        if (lost.Count > 0)
            _ = RemoveAsync(lost);
        if (head == SeqNo.None && conversation.IsDirect)
            await tables.AddDirectAsync(conversation, FirstSender(), CancellationToken.None);
        _hadTurn = false;
        return new HeldTerm(term, head, begun!.Bucket) { Beginning = context.Since(begunAt), IsTimed = begun.HasTimer, KnowsTimer = !begun.HasTimer };
    }

    private UserId? FirstSender()
    {
        lock (_lock)
            return _waiting.First?.Value.Draft.Sender.User;
    }

    // From the top down there are: rows of terms in between, which do not count; incomplete batches of the last term, which nobody was
    // told of; then the newest row that counts.
    // What is above it is lost.
    private async Task<SeqNo> FindHeadAsync(ConversationState state, List<LogRow> lost)
    {
        for (var bucket = state.Bucket; bucket >= Buckets.Of(state.Fence.Next); bucket--)
        {
            var start = SeqNo.Max(state.Fence, new SeqNo(bucket * Buckets.Size));
            for (var limit = 2 * MaxBatch; ; limit *= 2)
            {
                var read = await context.Tables.ReadDownAsync(conversation, bucket, new SeqNo(SeqNo.MaxValue), limit, CancellationToken.None);
                var rows = read.Where(row => row.Term == state.FencedTerm && row.SeqNo > state.Fence).Reverse().ToList();
                var isAll = read.Count < limit || read[^1].SeqNo <= start;
                if (!isAll && rows.Count == 0)
                    continue;
                var after = isAll ? start : new SeqNo(rows[0].SeqNo.Value - 1);
                if (GaplessRows.Count(rows, after, start) is not { } whole)
                    continue;
                var head = whole > 0 ? rows[whole - 1].SeqNo : after;
                lost.AddRange(read.Where(row => row.Message.SeqNo > head));
                if (whole > 0)
                    return head;
                break;
            }
        }
        return state.Fence;
    }

    // They cost a reader time, and nothing else: what fails is not repeated.
    private async Task RemoveAsync(List<LogRow> lost)
    {
        try
        {
            await context.Tables.RemoveAsync(lost, CancellationToken.None);
        }
        catch (StoreUnavailableException)
        {
            // They stay.
        }
    }

    /// <summary>Claims all. Removes from the batch those that repeat an earlier attempt (they are answered), those that another server may be appending, and the device's appends after those.</summary>
    private async Task ClaimAsync(HeldTerm held, List<ClusterAppend> batch)
    {
        var own = batch.ConvertAll(append => append.ToClaim(held.Term, held.Head));
        var others = await Task.WhenAll(batch.Select((append, i) => ClaimAsync(append, own[i])));
        foreach (var (append, claim, other) in batch.ToArray().Zip(own, others))
        {
            if (!batch.Contains(append))
                append.FailedClaims.Add(claim);
            else if (other.Count > 0 && !await IsFreeAsync(append, claim, other, batch))
                batch.Remove(append);
        }
    }

    private async Task<bool> IsFreeAsync(ClusterAppend append, Claim own, List<Claim> others, List<ClusterAppend> batch)
    {
        var (row, open) = await context.Attempts.JudgeAsync(others, waits: false, CancellationToken.None);
        if (row is { Message: var message })
        {
            await context.SettleAsync(append, message);
            return false;
        }
        append.FailedClaims.AddRange(others.Except(open));
        if (open.Count == 0)
            return true;
        append.FailedClaims.Add(own);
        Hold(append, batch);
        context.Contest(this, append, open);
        return false;
    }

    // Under the lock and before the contest begins, as it may end at any time.
    private void Hold(ClusterAppend append, List<ClusterAppend> batch)
    {
        lock (_lock)
        {
            List<ClusterAppend> held =
                [.. batch.SkipWhile(other => other != append).Concat(_waiting).Where(other => other.Draft.Sender == append.Draft.Sender)];
            _contested.Add(append.Draft.Sender, held);
            foreach (var other in held)
            {
                batch.Remove(other);
                _waiting.Remove(other);
            }
        }
    }

    // Writes, then reads: if two servers claim an attempt, at least one sees the other's claim.
    private async Task<List<Claim>> ClaimAsync(ClusterAppend append, Claim own)
    {
        // A claim with the same term and head as one that failed is the same claim, made again. It may succeed now.
        append.FailedClaims.Remove(own);
        await context.Tables.WriteClaimAsync(own, CancellationToken.None);
        var (sender, clientMsgId) = (append.Draft.Sender.User, append.Draft.ClientMsgId);
        var claims = await context.Tables.ReadClaimsAsync(append.Key, CancellationToken.None);
        return [.. claims.Where(claim =>
            claim != own && claim.Sender == sender && claim.ClientMsgId == clientMsgId && !append.FailedClaims.Contains(claim))];
    }

    /// <summary>A term of this server, as far as it knows.</summary>
    private sealed class HeldTerm(long term, SeqNo head, long bucket)
    {
        public long Term => term;

        public SeqNo Head { get; set; } = head;

        /// <summary>The newest message up to the head; null if it is not known.</summary>
        public SeqNo? NewestMessage { get; set; } = head == SeqNo.None ? head : null;

        /// <summary>Whether the conversation is marked as one that may have a timer.</summary>
        public bool IsTimed { get; set; }

        /// <summary>Whether <see cref="Timer"/> was read, or there is none for certain.</summary>
        public bool KnowsTimer { get; set; }

        /// <summary>The timer in force after the head; null for none.</summary>
        public ConversationTimer? Timer { get; set; }

        /// <summary>How long it took to begin it; null once it has answered somebody.</summary>
        public TimeSpan? Beginning { get; set; }

        /// <summary>The highest bucket that is certainly open.</summary>
        public long Bucket { get; set; } = bucket;
    }
}
