namespace Chat.Client;

/// <summary>The user's read cursors: moved here at once, sent to the server when it can be reached.</summary>
internal sealed class ReadCursors(Journal journal, CurrentConnection current)
{
    /// <summary>The user has read up to a seqNo. On the loop.</summary>
    public async Task MarkAsync(string conversationId, long seqNo)
    {
        var transaction = journal.Begin();
        if (transaction.Now.Find(conversationId) is not { } conversation)
            return;
        var read = Math.Min(seqNo, conversation.MaxSeqNo);
        if (read <= conversation.ReadSeqNo)
            return;
        await MoveAsync(transaction, conversation, read);
        await CommitAndSendAsync(transaction, [conversationId]);
    }

    /// <summary>Moves the cursor and counts the unread messages again.</summary>
    public async Task MoveAsync(StateTransaction transaction, StoredConversation conversation, long read)
    {
        if (read <= conversation.ReadSeqNo)
            return;
        var from = conversation.ReadSeqNo;
        transaction.Put(await RecountAsync(transaction, conversation with { ReadSeqNo = read, MarkedUnread = false }, from));
    }

    /// <summary>Commits, then sends these conversations' cursors. If that is not possible now, the next list shows that the server does not have them.</summary>
    public async Task CommitAndSendAsync(StateTransaction transaction, IReadOnlyCollection<string> conversationIds)
    {
        var connection = current.Current;
        List<StoredConversation> sending = [];
        foreach (var id in connection is null ? [] : conversationIds)
        {
            if (transaction.Now.Find(id) is not { } conversation)
                continue;
            conversation = conversation with { AckedSeqNo = Math.Max(conversation.AckedSeqNo, conversation.ReadSeqNo) };
            transaction.Put(conversation);
            sending.Add(conversation);
        }
        await journal.CommitAsync(transaction);
        foreach (var conversation in sending)
            connection!.Post(new AckFrame(conversation.Id, conversation.ReadSeqNo, AckStatus.Read));
    }

    /// <summary>Sets the unread count: counted if every message is in the store, else the server's number less what was read since.</summary>
    /// <param name="transaction">The change that it belongs to.</param>
    /// <param name="conversation">With the new read cursor, and the server's number of unread messages.</param>
    /// <param name="readBefore">The read cursor to which that number belongs.</param>
    public async Task<StoredConversation> RecountAsync(StateTransaction transaction, StoredConversation conversation, long readBefore)
    {
        var read = conversation.ReadSeqNo;
        if (read >= conversation.MaxSeqNo)
            return (conversation with { UnreadCapped = false }).WithUnread(0, 0);
        if (conversation.Complete.Cover(read + 1, conversation.MaxSeqNo))
        {
            var left = await OthersAsync(transaction, conversation.Id, new SeqNoRange(Math.Max(read, conversation.ClearedUpTo) + 1, conversation.MaxSeqNo));
            return (conversation with { UnreadCapped = false }).WithUnread(left.Messages, left.Mentions);
        }
        var gone = await OthersAsync(transaction, conversation.Id, new SeqNoRange(readBefore + 1, read));
        return conversation.WithUnread(conversation.UnreadCount - (conversation.UnreadCapped ? 0 : gone.Messages), conversation.UnreadMentions - gone.Mentions);
    }

    /// <summary>How many messages of others are in a range, as far as known; at most one more than is ever shown.</summary>
    public async Task<OthersCount> OthersAsync(StateTransaction transaction, string conversationId, SeqNoRange range)
    {
        // Those of the transaction are not in the store yet.
        var me = transaction.Now.UserId;
        var coming = transaction.Added.Where(message => message.ConversationId == conversationId && message.SenderId != me && message.Deleted is null
            && message.SeqNo >= range.From && message.SeqNo <= range.To).ToList();
        var here = range.From > range.To ? default : await journal.CountOthersAsync(conversationId, range, ConversationRules.MaxUnread + 1);
        return new OthersCount(here.Messages + coming.Count, here.Mentions + coming.Count(message => message.MentionsUser(me ?? "")));
    }
}
