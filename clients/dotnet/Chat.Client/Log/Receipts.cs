namespace Chat.Client;

/// <summary>How far an own message has come.</summary>
public enum ReceiptState
{
    /// <summary>It is in the server's log.</summary>
    Sent,

    /// <summary>A device of every other member has it.</summary>
    Delivered,

    /// <summary>Every other member has read it.</summary>
    Read,
}

/// <summary>How far the others have got: the table is read when a conversation is first opened on a connection, then moved by acks.</summary>
internal sealed class Receipts(Loop loop, Ledger ledger, ChatApi api, Line line, Timelines timelines, Background background)
{
    /// <summary>Moves a user's cursor. They only rise.</summary>
    public static void Take(Draft draft, Receipt receipt)
    {
        if (draft.Now.Find(receipt.ConversationId) is not { } conversation)
            return;
        if (IsUnknown(conversation, receipt))
            return;
        var cursor = conversation.Cursors.GetValueOrDefault(receipt.UserId).Raised(receipt.SeqNo, receipt.Read ? receipt.SeqNo : 0);
        draft.Put(conversation with { Cursors = conversation.Cursors.SetItem(receipt.UserId, cursor) });
    }

    /// <summary>How far a message of the user has come with all others.</summary>
    public static ReceiptState Of(StoredConversation? conversation, string? me, long seqNo)
    {
        if (conversation is null || me is null)
            return ReceiptState.Sent;
        List<Cursor> others = [.. conversation.Cursors.Where(cursor => cursor.Key != me).Select(cursor => cursor.Value)];
        if (others.Count == 0 || ConversationIds.IsGroup(conversation.Id) && !conversation.KnowsMembers)
            return ReceiptState.Sent;
        return others.TrueForAll(other => other.Read >= seqNo) ? ReceiptState.Read
            : others.TrueForAll(other => other.Delivered >= seqNo) ? ReceiptState.Delivered
            : ReceiptState.Sent;
    }

    /// <summary>Reads the tables of the open conversations that were not read on this connection. On the loop.</summary>
    public void ReadForOpen()
    {
        if (line.Current is not { } link || !line.IsCaughtUp)
            return;
        foreach (var id in timelines.OpenConversations)
        {
            if (ledger.State.Find(id) is { IsLeft: false } && link.ReceiptsRead.Add(id))
                background.Run("Reading receipts", ct => ReadAsync(id, ct));
        }
    }

    /// <summary>A table has other members now. On the loop.</summary>
    public void MembersChanged(string conversationId)
    {
        line.Current?.ReceiptsRead.Remove(conversationId);
        ReadForOpen();
    }

    /// <summary>A receipt was taken. On the loop.</summary>
    public void Heard(Receipt receipt)
    {
        if (ledger.State.Find(receipt.ConversationId) is { } conversation && IsUnknown(conversation, receipt))
            MembersChanged(receipt.ConversationId);
    }

    /// <summary>Of a user who has left a group, and must not be waited for, or has come since its table was read.</summary>
    private static bool IsUnknown(StoredConversation conversation, Receipt receipt) =>
        ConversationIds.IsGroup(conversation.Id) && conversation.KnowsMembers && !conversation.Cursors.ContainsKey(receipt.UserId);

    private async Task ReadAsync(string conversationId, CancellationToken ct)
    {
        var life = ledger.State.Life;
        var table = await api.GetReceiptsAsync(conversationId, ct);
        await loop.RunAsync(async () =>
        {
            var draft = ledger.Begin();
            if (draft.Now.Life != life || draft.Now.Find(conversationId) is not { } conversation)
                return;
            var cursors = table.Members.ToDictionary(
                member => member.UserId,
                member => conversation.Cursors.GetValueOrDefault(member.UserId).Raised(member.DeliveredSeqNo, member.ReadSeqNo));
            draft.Put(conversation with { Cursors = conversation.Cursors.Clear().AddRange(cursors), KnowsMembers = true });
            await ledger.CommitAsync(draft);
        });
    }
}
