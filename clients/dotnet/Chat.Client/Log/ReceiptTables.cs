namespace Chat.Client;

/// <summary>The receipt of an own message.</summary>
public enum ReceiptState
{
    /// <summary>The server has stored it.</summary>
    Sent,

    /// <summary>A device of every other member has it.</summary>
    Delivered,

    /// <summary>Every other member has read it.</summary>
    Read,
}

/// <summary>How far other users have got: the table is read when a conversation is first opened on a connection, then changed by receipts.</summary>
internal sealed class ReceiptTables(Loop loop, Journal journal, ChatApi api, CurrentConnection current, Timelines timelines, Background background)
{
    /// <summary>Moves a user's cursors. They only rise.</summary>
    public static void Take(StateTransaction transaction, Receipt receipt)
    {
        if (transaction.Now.Find(receipt.ConversationId) is not { } conversation)
            return;
        if (IsUnknown(conversation, receipt))
            return;
        var cursor = conversation.Receipts.GetValueOrDefault(receipt.UserId).Raised(receipt.SeqNo, receipt.Read ? receipt.SeqNo : 0);
        transaction.Put(conversation with { Receipts = conversation.Receipts.SetItem(receipt.UserId, cursor) });
    }

    /// <summary>The receipt of an own message: what holds for all other members.</summary>
    public static ReceiptState Of(StoredConversation? conversation, string? me, long seqNo)
    {
        if (conversation is null || me is null)
            return ReceiptState.Sent;
        List<Cursors> others = [.. conversation.Receipts.Where(cursor => cursor.Key != me).Select(cursor => cursor.Value)];
        if (others.Count == 0 || ConversationIds.IsGroup(conversation.Id) && !conversation.KnowsMembers)
            return ReceiptState.Sent;
        return others.TrueForAll(other => other.Read >= seqNo) ? ReceiptState.Read
            : others.TrueForAll(other => other.Delivered >= seqNo) ? ReceiptState.Delivered
            : ReceiptState.Sent;
    }

    /// <summary>Reads the tables of the open conversations that were not read on this connection. On the loop.</summary>
    public void ReadForOpen()
    {
        if (current.Current is not { } connection || !current.IsCaughtUp)
            return;
        foreach (var id in timelines.OpenConversations)
        {
            if (journal.State.Find(id) is { IsLeft: false } && connection.ReceiptsRead.Add(id))
                background.Run("Reading receipts", ct => ReadAsync(id, ct));
        }
    }

    /// <summary>The members have changed: the table is read again. On the loop.</summary>
    public void MembersChanged(string conversationId)
    {
        current.Current?.ReceiptsRead.Remove(conversationId);
        ReadForOpen();
    }

    /// <summary>A receipt was stored. On the loop.</summary>
    public void Received(Receipt receipt)
    {
        if (journal.State.Find(receipt.ConversationId) is { } conversation && IsUnknown(conversation, receipt))
            MembersChanged(receipt.ConversationId);
    }

    /// <summary>Whether it is of a user who has left the group, or has joined since the table was read.</summary>
    private static bool IsUnknown(StoredConversation conversation, Receipt receipt) =>
        ConversationIds.IsGroup(conversation.Id) && conversation.KnowsMembers && !conversation.Receipts.ContainsKey(receipt.UserId);

    private async Task ReadAsync(string conversationId, CancellationToken ct)
    {
        var generation = journal.State.Generation;
        var table = await api.GetReceiptsAsync(conversationId, ct);
        await loop.RunAsync(async () =>
        {
            var transaction = journal.Begin();
            if (transaction.Now.Generation != generation || transaction.Now.Find(conversationId) is not { } conversation)
                return;
            var cursors = table.Members.ToDictionary(
                member => member.UserId,
                member => conversation.Receipts.GetValueOrDefault(member.UserId).Raised(member.DeliveredSeqNo, member.ReadSeqNo));
            transaction.Put(conversation with { Receipts = conversation.Receipts.Clear().AddRange(cursors), KnowsMembers = true });
            await journal.CommitAsync(transaction);
        });
    }
}
