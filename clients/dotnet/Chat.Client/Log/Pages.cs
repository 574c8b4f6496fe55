using System.Diagnostics.CodeAnalysis;

namespace Chat.Client;

/// <summary>Reads pages of the log where something is missing, and takes them in.</summary>
internal sealed class Pages(Loop loop, Ledger ledger, ChatApi api, Outbox outbox, Line line, Background background)
{
    /// <summary>The most that may be missing above what is here to be read from there on; where it is more, the newest page is read.</summary>
    public const int MostBehind = 200;

    private const long BeyondAll = (1L << 53) - 1;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Task> _catchingUp = [];   // under the gate

    /// <summary>Reads what is above the top of what is here. Who asks while it is read waits for the same.</summary>
    /// <exception cref="ChatException">It could not be read.</exception>
    public Task CatchUpAsync(string conversationId, CancellationToken ct)
    {
        if (!IsBehind(conversationId))
            return Task.CompletedTask;
        lock (_gate)
        {
            if (!_catchingUp.TryGetValue(conversationId, out var running))
                _catchingUp[conversationId] = running = Task.Run(() => ReadUpAsync(conversationId, background.Ending), CancellationToken.None);
            return running.WaitAsync(ct);
        }
    }

    /// <summary>Reads the page below a place.</summary>
    public async Task ReadDownAsync(string conversationId, long before, int limit, CancellationToken ct)
    {
        var life = ledger.State.Life;
        var page = await api.GetMessagesBeforeAsync(conversationId, before, limit, ct);
        var from = page.NextBefore ?? 1;
        if (from < 1 || from >= before)
            throw new ChatException(ErrorCodes.Unavailable, "The server's page makes no sense.");
        await TakeAsync(page, new Span(from, before == BeyondAll ? page.MaxSeqNo : before - 1), life);
    }

    /// <summary>Reads the newest page, of a conversation of which nothing is known.</summary>
    public Task ReadNewestAsync(string conversationId, int limit, CancellationToken ct) =>
        ReadDownAsync(conversationId, ledger.State.Find(conversationId) is { MaxSeqNo: > 0 and var max } ? max + 1 : BeyondAll, limit, ct);

    /// <summary>Whether something is missing above the top of what is here.</summary>
    public bool IsBehind(string conversationId) => IsBehind(ledger.State.Find(conversationId));

    private static bool IsBehind([NotNullWhen(true)] StoredConversation? conversation) =>
        conversation is not null && conversation.MaxSeqNo > (conversation.Spans.Top()?.To ?? 0);

    private async Task ReadUpAsync(string conversationId, CancellationToken ct)
    {
        StoredConversation? conversation = null;
        try
        {
            while (GoesOn(conversationId, ref conversation))
                await ReadUpAsync(conversation, ct);
        }
        catch
        {
            lock (_gate)
                _catchingUp.Remove(conversationId);
            throw;
        }
    }

    /// <summary>Whether there is more to read. Where not it is over in the same moment, so that who asks from then on begins anew.</summary>
    /// <param name="conversationId">Which.</param>
    /// <param name="conversation">As it was before the last page, and as it is.</param>
    private bool GoesOn(string conversationId, [NotNullWhen(true)] ref StoredConversation? conversation)
    {
        lock (_gate)
        {
            var before = conversation;
            conversation = ledger.State.Find(conversationId);
            // A page that completes nothing is of a server that has less than it said.
            if (IsBehind(conversation) && (conversation.Spans != before?.Spans || conversation.MaxSeqNo != before.MaxSeqNo))
                return true;
            _catchingUp.Remove(conversationId);
            return false;
        }
    }

    private async Task ReadUpAsync(StoredConversation conversation, CancellationToken ct)
    {
        var top = conversation.Spans.Top()?.To ?? 0;
        if (top == 0 || conversation.MaxSeqNo - top > MostBehind)
        {
            await ReadNewestAsync(conversation.Id, Timeline.PageSize, ct);
            return;
        }
        var life = ledger.State.Life;
        var page = await api.GetMessagesAfterAsync(conversation.Id, top, MostBehind, ct);
        await TakeAsync(page, new Span(top + 1, page.NextAfter ?? top), life);
    }

    private Task TakeAsync(Page page, Span completed, int life) => loop.RunAsync(async () =>
    {
        var draft = ledger.Begin();
        if (draft.Now.Life != life || draft.Now.UserId is not { } me || page.MaxSeqNo == 0)
            return;
        var conversation = ledger.FindOrNew(draft, page.ConversationId);
        var ackedBefore = conversation.AckedTo;
        foreach (var message in page.Messages)
        {
            if (message.SenderId == me || conversation.Spans.At(message.SeqNo) is null)
                draft.Put(message);
            outbox.Found(draft, message);
            conversation = conversation.With(message, new Span(message.SeqNo, message.SeqNo), me);
        }
        conversation = conversation with
        {
            Spans = conversation.Spans.With(completed), MaxSeqNo = Math.Max(conversation.MaxSeqNo, Math.Max(page.MaxSeqNo, completed.To)),
        };
        conversation = conversation with { AckedTo = conversation.CompleteFromAcked() };
        draft.Put(conversation);
        await ledger.CommitAsync(draft);
        if (conversation.AckedTo > ackedBefore)
            line.Current?.Post(new AckFrame(conversation.Id, conversation.AckedTo, AckStatus.Delivered));
        await outbox.PumpAsync();
    });
}
