using System.Diagnostics.CodeAnalysis;

namespace Chat.Client;

/// <summary>Reads pages of messages that are missing, and stores them.</summary>
internal sealed class PageReader(Loop loop, Journal journal, ChatApi api, Outbox outbox, CurrentConnection current, Background background)
{
    /// <summary>If at most this many newer messages are missing, they are read upwards; if more are, the newest page is read.</summary>
    public const int MaxMissing = 200;

    private const long BeyondNewest = (1L << 53) - 1;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Task> _catchingUp = [];   // under the gate

    /// <summary>Reads the newer messages that are missing. A call while another runs waits for that.</summary>
    /// <exception cref="ChatException">It could not be read.</exception>
    public Task CatchUpAsync(string conversationId, CancellationToken ct)
    {
        if (!IsMissingNewer(conversationId))
            return Task.CompletedTask;
        lock (_gate)
        {
            if (!_catchingUp.TryGetValue(conversationId, out var running))
                _catchingUp[conversationId] = running = Task.Run(() => ReadUpAsync(conversationId, background.Ending), CancellationToken.None);
            return running.WaitAsync(ct);
        }
    }

    /// <summary>Reads the page below a seqNo.</summary>
    public async Task ReadDownAsync(string conversationId, long before, int limit, CancellationToken ct)
    {
        var generation = journal.State.Generation;
        var page = await api.GetMessagesBeforeAsync(conversationId, before, limit, ct);
        var from = page.NextBefore ?? 1;
        if (from < 1 || from >= before)
            throw new ChatException(ErrorCodes.Unavailable, "The server's page is inconsistent.");
        await TakeAsync(page, new SeqNoRange(from, before == BeyondNewest ? page.MaxSeqNo : before - 1), generation);
    }

    /// <summary>Reads the newest page of a conversation.</summary>
    public Task ReadNewestAsync(string conversationId, int limit, CancellationToken ct) =>
        ReadDownAsync(conversationId, journal.State.Find(conversationId) is { MaxSeqNo: > 0 and var max } ? max + 1 : BeyondNewest, limit, ct);

    /// <summary>Whether messages above the highest complete range are missing.</summary>
    public bool IsMissingNewer(string conversationId) => IsMissingNewer(journal.State.Find(conversationId));

    private static bool IsMissingNewer([NotNullWhen(true)] StoredConversation? conversation) =>
        conversation is not null && conversation.MaxSeqNo > (conversation.Complete.Top()?.To ?? 0);

    private async Task ReadUpAsync(string conversationId, CancellationToken ct)
    {
        StoredConversation? conversation = null;
        try
        {
            while (HasMore(conversationId, ref conversation))
                await ReadUpAsync(conversation, ct);
        }
        catch
        {
            lock (_gate)
                _catchingUp.Remove(conversationId);
            throw;
        }
    }

    /// <summary>Whether there is more to read. If not, the next call of <see cref="CatchUpAsync"/> starts again.</summary>
    /// <param name="conversationId">The conversation.</param>
    /// <param name="conversation">In: before the last page. Out: after it.</param>
    private bool HasMore(string conversationId, [NotNullWhen(true)] ref StoredConversation? conversation)
    {
        lock (_gate)
        {
            var before = conversation;
            conversation = journal.State.Find(conversationId);
            // A page that completes nothing: the server has fewer messages than it said.
            if (IsMissingNewer(conversation) && (conversation.Complete != before?.Complete || conversation.MaxSeqNo != before.MaxSeqNo))
                return true;
            _catchingUp.Remove(conversationId);
            return false;
        }
    }

    private async Task ReadUpAsync(StoredConversation conversation, CancellationToken ct)
    {
        var top = conversation.Complete.Top()?.To ?? 0;
        if (top == 0 || conversation.MaxSeqNo - top > MaxMissing)
        {
            await ReadNewestAsync(conversation.Id, Timeline.PageSize, ct);
            return;
        }
        var generation = journal.State.Generation;
        var page = await api.GetMessagesAfterAsync(conversation.Id, top, MaxMissing, ct);
        await TakeAsync(page, new SeqNoRange(top + 1, page.NextAfter ?? top), generation);
    }

    private Task TakeAsync(Page page, SeqNoRange completed, int generation) => loop.RunAsync(async () =>
    {
        var transaction = journal.Begin();
        if (transaction.Now.Generation != generation || transaction.Now.UserId is not { } me || page.MaxSeqNo == 0)
            return;
        var conversation = journal.FindOrNew(transaction, page.ConversationId);
        var ackedBefore = conversation.AckedSeqNo;
        foreach (var message in page.Messages)
        {
            if (message.SenderId == me || conversation.Complete.At(message.SeqNo) is null)
                transaction.Put(message);
            outbox.Found(transaction, message);
            conversation = conversation.With(message, new SeqNoRange(message.SeqNo, message.SeqNo), me);
        }
        conversation = conversation with
        {
            Complete = conversation.Complete.With(completed), MaxSeqNo = Math.Max(conversation.MaxSeqNo, Math.Max(page.MaxSeqNo, completed.To)),
        };
        conversation = conversation with { AckedSeqNo = conversation.CompleteFromAcked() };
        transaction.Put(conversation);
        await journal.CommitAsync(transaction);
        if (conversation.AckedSeqNo > ackedBefore)
            current.Current?.Post(new AckFrame(conversation.Id, conversation.AckedSeqNo, AckStatus.Delivered));
        await outbox.PumpAsync();
    });
}
