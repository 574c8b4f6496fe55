namespace Chat.Client;

/// <summary>The user's read cursors: moved here at once, told to the server when it can be.</summary>
internal sealed class Reading(Ledger ledger, Line line)
{
    /// <summary>The user has read up to a place. On the loop.</summary>
    public async Task MarkAsync(string conversationId, long seqNo)
    {
        var draft = ledger.Begin();
        if (draft.Now.Find(conversationId) is not { } conversation)
            return;
        var read = Math.Min(seqNo, conversation.MaxSeqNo);
        if (read <= conversation.ReadSeqNo)
            return;
        await MoveAsync(draft, conversation, read);
        await CommitAndTellAsync(draft, [conversationId]);
    }

    /// <summary>Moves the cursor, and counts anew what is unread.</summary>
    public async Task MoveAsync(Draft draft, StoredConversation conversation, long read)
    {
        if (read <= conversation.ReadSeqNo)
            return;
        var from = conversation.ReadSeqNo;
        draft.Put(await RecountAsync(draft, conversation with { ReadSeqNo = read }, from));
    }

    /// <summary>Commits, then tells the server of these conversations' cursors. What is not told now is when the list next shows that it was not.</summary>
    public async Task CommitAndTellAsync(Draft draft, IReadOnlyCollection<string> told)
    {
        var link = line.Current;
        List<StoredConversation> telling = [];
        foreach (var id in link is null ? [] : told)
        {
            if (draft.Now.Find(id) is not { } conversation)
                continue;
            conversation = conversation with { AckedTo = Math.Max(conversation.AckedTo, conversation.ReadSeqNo) };
            draft.Put(conversation);
            telling.Add(conversation);
        }
        await ledger.CommitAsync(draft);
        foreach (var conversation in telling)
            link!.Post(new AckFrame(conversation.Id, conversation.ReadSeqNo, AckStatus.Read));
    }

    /// <summary>Unread: counted where all is here, else as told, less what is known to be read since.</summary>
    /// <param name="draft">The change that it belongs to.</param>
    /// <param name="conversation">With the read cursor as it is now, and with unread as it was told.</param>
    /// <param name="readBefore">The read cursor that <see cref="StoredConversation.Unread"/> was told for.</param>
    public async Task<StoredConversation> RecountAsync(Draft draft, StoredConversation conversation, long readBefore)
    {
        var read = conversation.ReadSeqNo;
        if (read >= conversation.MaxSeqNo)
            return (conversation with { UnreadCapped = false }).WithUnread(0);
        if (conversation.Spans.Cover(read + 1, conversation.MaxSeqNo))
            return (conversation with { UnreadCapped = false })
                .WithUnread(await OthersAsync(draft, conversation.Id, new Span(read + 1, conversation.MaxSeqNo)));
        if (conversation.UnreadCapped)
            return conversation;
        return conversation.WithUnread(conversation.Unread - await OthersAsync(draft, conversation.Id, new Span(readBefore + 1, read)));
    }

    /// <summary>How many messages of others are in a stretch, as far as known and one more than are shown at most.</summary>
    public async Task<int> OthersAsync(Draft draft, string conversationId, Span stretch)
    {
        // Those of the draft are not in the store yet: only what is new is put, but for own ones.
        var me = draft.Now.UserId;
        var coming = draft.Messages.Count(message => message.ConversationId == conversationId && message.SenderId != me
            && message.SeqNo >= stretch.From && message.SeqNo <= stretch.To);
        return coming + (stretch.From > stretch.To ? 0 : await ledger.CountOthersAsync(conversationId, stretch, LogRules.MostUnread + 1));
    }
}
