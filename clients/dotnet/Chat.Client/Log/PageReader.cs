using System.Diagnostics.CodeAnalysis;

namespace Chat.Client;

/// <summary>Reads pages of messages that are missing, and stores them.</summary>
internal sealed class PageReader(
    Loop loop, Journal journal, MessageFold fold, ChatApi api, Outbox outbox, CurrentConnection current, Background background)
{
    /// <summary>If at most this many newer messages are missing, they are read upwards; if more are, the newest page is read.</summary>
    public const int MaxMissing = 200;

    private const long BeyondNewest = (1L << 53) - 1;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string ConversationId, long? From), Task> _catchingUp = [];   // under the gate

    /// <summary>Reads what is missing, and then what is stale. A call while another runs waits for that.</summary>
    /// <param name="conversationId">The conversation.</param>
    /// <param name="from">From this seqNo upwards; null: what is newer than all that is here.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="ChatException">It could not be read.</exception>
    public Task CatchUpAsync(string conversationId, long? from, CancellationToken ct)
    {
        if (!IsBehind(conversationId, from))
            return Task.CompletedTask;
        lock (_gate)
        {
            if (!_catchingUp.TryGetValue((conversationId, from), out var running))
                _catchingUp[(conversationId, from)] = running = Task.Run(() => ReadUpAsync(conversationId, from, background.Ending), CancellationToken.None);
            return running.WaitAsync(ct);
        }
    }

    /// <summary>Reads the page below a seqNo.</summary>
    public async Task ReadDownAsync(string conversationId, long before, int limit, CancellationToken ct)
    {
        var generation = journal.State.Generation;
        using var reading = fold.Begin(conversationId);
        var page = await api.GetMessagesBeforeAsync(conversationId, before, limit, ct);
        var from = page.NextBefore ?? 1;
        if (from < 1 || from >= before)
            throw new ChatException(ErrorCodes.Unavailable, "The server's page is inconsistent.");
        await TakeAsync(page, new SeqNoRange(from, before == BeyondNewest ? page.MaxSeqNo : before - 1), generation, reading);
    }

    /// <summary>Reads the newest page of a conversation.</summary>
    public Task ReadNewestAsync(string conversationId, int limit, CancellationToken ct) =>
        ReadDownAsync(conversationId, journal.State.Find(conversationId) is { MaxSeqNo: > 0 and var max } ? max + 1 : BeyondNewest, limit, ct);

    /// <summary>Reads a message that is here once more.</summary>
    public async Task ReadAgainAsync(string conversationId, string messageId, CancellationToken ct)
    {
        var generation = journal.State.Generation;
        var message = await api.GetMessageAsync(conversationId, messageId, ct);
        await loop.RunAsync(async () =>
        {
            var transaction = journal.Begin();
            if (transaction.Now.Generation != generation)
                return;
            await fold.RefreshAsync(transaction, message);
            await journal.CommitAsync(transaction);
        });
    }

    /// <summary>Whether something from a seqNo upwards is missing or stale; see <see cref="CatchUpAsync"/>.</summary>
    public bool IsBehind(string conversationId, long? from) => IsBehind(journal.State.Find(conversationId), from);

    private static bool IsBehind([NotNullWhen(true)] StoredConversation? conversation, long? from) =>
        conversation is not null && (Missing(conversation, from).Any() || StaleFrom(conversation, from) is not null);

    private static IEnumerable<SeqNoRange> Missing(StoredConversation conversation, long? from) =>
        conversation.Complete.Missing(from ?? (conversation.Complete.Top()?.To ?? 0) + 1, conversation.MaxSeqNo);

    /// <summary>The highest stale range, if it reaches a seqNo.</summary>
    private static SeqNoRange? StaleFrom(StoredConversation conversation, long? from) =>
        conversation.Stale.Top() is { } stale && stale.To >= from ? stale with { From = Math.Max(stale.From, from.Value) } : null;

    private async Task ReadUpAsync(string conversationId, long? from, CancellationToken ct)
    {
        StoredConversation? conversation = null;
        try
        {
            while (HasMore(conversationId, from, ref conversation))
                await ReadUpAsync(conversation, from, ct);
        }
        catch
        {
            lock (_gate)
                _catchingUp.Remove((conversationId, from));
            throw;
        }
    }

    /// <summary>Whether there is more to read. If not, the next call of <see cref="CatchUpAsync"/> starts again.</summary>
    /// <param name="conversationId">The conversation.</param>
    /// <param name="from">As there.</param>
    /// <param name="conversation">In: before the last page. Out: after it.</param>
    private bool HasMore(string conversationId, long? from, [NotNullWhen(true)] ref StoredConversation? conversation)
    {
        lock (_gate)
        {
            var before = conversation;
            conversation = journal.State.Find(conversationId);
            // A page that completes nothing: the server has fewer messages than it said.
            if (IsBehind(conversation, from)
                && (conversation.Complete != before?.Complete || conversation.MaxSeqNo != before.MaxSeqNo || conversation.Stale != before.Stale))
                return true;
            _catchingUp.Remove((conversationId, from));
            return false;
        }
    }

    private async Task ReadUpAsync(StoredConversation conversation, long? from, CancellationToken ct)
    {
        SeqNoRange[] missing = [.. Missing(conversation, from)];
        if (missing.Length == 0 && StaleFrom(conversation, from) is { } stale)
        {
            await ReadDownAsync(conversation.Id, stale.To + 1, (int)Math.Min(stale.To - stale.From + 1, MaxMissing), ct);
            return;
        }
        if (conversation.Complete.IsEmpty || missing.Sum(range => range.To - range.From + 1) > MaxMissing)
        {
            await ReadNewestAsync(conversation.Id, Timeline.PageSize, ct);
            return;
        }
        var (after, generation) = (missing[0].From - 1, journal.State.Generation);
        using var reading = fold.Begin(conversation.Id);
        var page = await api.GetMessagesAfterAsync(conversation.Id, after, MaxMissing, ct);
        await TakeAsync(page, new SeqNoRange(after + 1, page.NextAfter ?? after), generation, reading);
    }

    private Task TakeAsync(Page page, SeqNoRange completed, int generation, MessageFold.Reading reading) => loop.RunAsync(async () =>
    {
        var transaction = journal.Begin();
        if (transaction.Now.Generation != generation || transaction.Now.UserId is not { } me || page.MaxSeqNo == 0)
            return;
        var conversation = journal.FindOrNew(transaction, page.ConversationId);
        var ackedBefore = conversation.AckedSeqNo;
        HashSet<long> answers = [];
        foreach (var message in page.Messages)
        {
            await fold.PutAsync(transaction, conversation, message, me, reading);
            if (outbox.Found(transaction, message))
                answers.Add(message.SeqNo);
            if (MessageChange.InThread(message) is { } inThread)
                fold.Hear(inThread);
            conversation = conversation.With(message, new SeqNoRange(message.SeqNo, message.SeqNo), me, journal.Time);
        }
        conversation = MessageFold.Complete(conversation, completed, reading) with
        {
            MaxSeqNo = Math.Max(conversation.MaxSeqNo, Math.Max(page.MaxSeqNo, completed.To)),
        };
        foreach (var change in (page.Changes ?? []).Select(fields => fields.ToChange()))
        {
            if (change.Notice is { } notice)
                transaction.Put(notice);
            fold.Hear(change);
            if (outbox.Found(transaction, change))
                answers.Add(change.SeqNo);
        }
        foreach (var change in reading.InOrder())
            conversation = await fold.LayOnAsync(transaction, conversation, change, me, answers.Contains(change.SeqNo));
        conversation = conversation with { AckedSeqNo = conversation.CompleteFromAcked() };
        transaction.Put(conversation);
        await journal.CommitAsync(transaction);
        if (conversation.AckedSeqNo > ackedBefore)
            current.Current?.Post(new AckFrame(conversation.Id, conversation.AckedSeqNo, AckStatus.Delivered));
        await outbox.PumpAsync();
    });
}
