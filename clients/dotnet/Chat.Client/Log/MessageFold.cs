namespace Chat.Client;

/// <summary>
/// Keeps the stored messages in their present state. Reactions are counted by their changes, so that none may be missing: where not everything between a message
/// and a change of it is known, the message is stale, and read again. On the loop.
/// </summary>
internal sealed class MessageFold(Journal journal)
{
    private readonly Lock _gate = new();
    private readonly HashSet<Reading> _readings = [];   // under the gate

    /// <summary>A page of a conversation is on its way: it may have been read before the changes that are heard meanwhile. On any thread.</summary>
    public Reading Begin(string conversationId)
    {
        var reading = new Reading(this, conversationId);
        lock (_gate)
            _readings.Add(reading);
        return reading;
    }

    /// <summary>A change was heard of.</summary>
    public void Hear(MessageChange change) => Tell(change.ConversationId, reading => reading.Heard.Add(change));

    /// <summary>A message may lack changes, of whichever state it is: a page that is on its way says nothing of it.</summary>
    public StoredConversation Doubt(StoredConversation conversation, long seqNo)
    {
        Tell(conversation.Id, reading => reading.Newer.Add(seqNo));
        return conversation.WithStale(seqNo);
    }

    /// <summary>Stores a message as it came, unless one as new is here.</summary>
    /// <param name="transaction">The change that it belongs to.</param>
    /// <param name="conversation">Before the message.</param>
    /// <param name="message">In its present state.</param>
    /// <param name="me">The user.</param>
    /// <param name="page">Where it is from: it takes the place of a message that was stale when the page was asked for. Null if it was pushed.</param>
    public async Task PutAsync(StateTransaction transaction, StoredConversation conversation, Message message, string me, Reading? page = null)
    {
        var isStale = page is not null && conversation.Stale.At(message.SeqNo) is not null && !page.IsOlderFor(message.SeqNo);
        if (conversation.Complete.At(message.SeqNo) is null)
        {
            transaction.Put(message);
        }
        else if (await FindAsync(transaction, message.ConversationId, message.SeqNo) is { } held)
        {
            if (isStale || message.ChangedSeqNo > held.ChangedSeqNo)
                transaction.Replace(message);
        }
        else if (message.SenderId == me)
        {
            // Its ack may have been lost, and a later message have completed the range.
            transaction.Put(message);
        }
        Tell(conversation.Id, reading => reading.Newer.Add(message.SeqNo), except: page);
    }

    /// <summary>The conversation after a page: what it completes is not stale any more, unless that has come about since the page was asked for.</summary>
    public static StoredConversation Complete(StoredConversation conversation, SeqNoRange completed, Reading page)
    {
        var next = conversation with { Complete = conversation.Complete.With(completed), Stale = conversation.Stale.Without(completed) };
        return page.OlderFor().Where(seqNo => conversation.Stale.At(seqNo) is not null).Aggregate(next, (so, seqNo) => so.WithStale(seqNo));
    }

    /// <summary>
    /// Lays a change on its message, and the deletion of a message in a thread on the one that began it. One whose message is not here is dropped: the message comes in
    /// its present state.
    /// </summary>
    /// <param name="transaction">The change of the state that it belongs to.</param>
    /// <param name="conversation">With the change's own place.</param>
    /// <param name="change">Perhaps laid on before: that changes nothing.</param>
    /// <param name="me">The user.</param>
    /// <param name="isAnswer">
    /// Of an own entry that waited in the outbox: no frame brings it to this device while its answer is on its way, so that later changes may have been laid on without it.
    /// Then its message is stale.
    /// </param>
    /// <returns>The conversation after it, to be put.</returns>
    public async Task<StoredConversation> LayOnAsync(
        StateTransaction transaction, StoredConversation conversation, MessageChange change, string me, bool isAnswer)
    {
        conversation = await LayOnTargetAsync(transaction, conversation, change, me, isAnswer);
        return change.InThread() is { } inThread ? await LayOnTargetAsync(transaction, conversation, inThread, me, isAnswer) : conversation;
    }

    /// <summary>Lays a message on the one that began its thread, if it is in one.</summary>
    /// <inheritdoc cref="LayOnAsync"/>
    public async Task<StoredConversation> LayOnThreadAsync(
        StateTransaction transaction, StoredConversation conversation, Message message, string me, bool isAnswer)
    {
        if (MessageChange.InThread(message) is not { } inThread)
            return conversation;
        Hear(inThread);
        return await LayOnTargetAsync(transaction, conversation, inThread, me, isAnswer);
    }

    private async Task<StoredConversation> LayOnTargetAsync(
        StateTransaction transaction, StoredConversation conversation, MessageChange change, string me, bool isAnswer)
    {
        if (change.Target is not { } target)
            return conversation;
        if (conversation.LastMessage is { } last && last.MessageId == target.MessageId && change.IsAbove(last))
            conversation = conversation with { LastMessage = last.With(change, me) };
        if (await FindAsync(transaction, conversation, target) is not { } held || held.Deleted is not null && change.Content is not ChangeContent.InThread)
            return conversation;
        if (!change.IsAbove(held))
            return isAnswer && held.ChangedSeqNo > change.SeqNo ? Doubt(conversation, target.SeqNo) : conversation;
        transaction.Replace(held.With(change, me));
        return conversation.Complete.Cover(target.SeqNo, change.SeqNo) ? conversation : Doubt(conversation, target.SeqNo);
    }

    /// <summary>Stores a message that was asked for by itself, if it is here and not newer.</summary>
    public async Task RefreshAsync(StateTransaction transaction, Message message)
    {
        if (transaction.Now.Find(message.ConversationId) is not { } conversation)
            return;
        if (conversation.LastMessage?.MessageId == message.MessageId)
            transaction.Put(conversation with { LastMessage = MessageRules.Newer(conversation.LastMessage, message) });
        if (await FindAsync(transaction, message.ConversationId, message.SeqNo) is { } held && message.ChangedSeqNo == held.ChangedSeqNo)
            transaction.Replace(message);
    }

    private void Tell(string conversationId, Action<Reading> news, Reading? except = null)
    {
        lock (_gate)
        {
            foreach (var reading in _readings.Where(reading => reading.ConversationId == conversationId && reading != except))
                news(reading);
        }
    }

    /// <summary>A message that is here.</summary>
    private async Task<Message?> FindAsync(StateTransaction transaction, StoredConversation conversation, MessageTarget target) =>
        conversation.Complete.At(target.SeqNo) is not null && await FindAsync(transaction, conversation.Id, target.SeqNo) is { } held && held.MessageId == target.MessageId
            ? held
            : null;

    private async Task<Message?> FindAsync(StateTransaction transaction, string conversationId, long seqNo) =>
        transaction.FindMessage(conversationId, seqNo)
        ?? (await journal.ReadAsync(conversationId, new SeqNoRange(seqNo, seqNo), 1) is [var stored] ? stored : null);

    /// <summary>A page on its way, until it is disposed of.</summary>
    public sealed class Reading(MessageFold fold, string conversationId) : IDisposable
    {
        public string ConversationId => conversationId;

        /// <summary>The changes that were heard of since it was asked for. Under the gate.</summary>
        public List<MessageChange> Heard { get; } = [];

        /// <summary>The messages that have come otherwise, or have become stale, since it was asked for. Under the gate.</summary>
        public HashSet<long> Newer { get; } = [];

        /// <summary>Whether more is known of a message than what it was asked for after.</summary>
        public bool IsOlderFor(long seqNo)
        {
            lock (fold._gate)
                return Newer.Contains(seqNo);
        }

        /// <inheritdoc cref="IsOlderFor"/>
        public IReadOnlyList<long> OlderFor()
        {
            lock (fold._gate)
                return [.. Newer];
        }

        /// <summary>What was heard, in the order of the log.</summary>
        public IReadOnlyList<MessageChange> InOrder()
        {
            lock (fold._gate)
                return [.. Heard.OrderBy(change => change.SeqNo)];
        }

        public void Dispose()
        {
            lock (fold._gate)
                fold._readings.Remove(this);
        }
    }
}
