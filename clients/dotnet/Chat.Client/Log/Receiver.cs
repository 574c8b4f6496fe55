using Microsoft.Extensions.Logging;

namespace Chat.Client;

/// <summary>
/// Takes what the server sends, in batches: writes a batch in one transaction, applies it, then acks it. On the loop.
/// </summary>
internal sealed class Receiver(
    Journal journal, MessageFold fold, CurrentConnection current, Outbox outbox, OutgoingFiles files, ReadCursors readCursors,
    ConversationListReader conversationList, ReceiptTables receiptTables, Typing typing, PresenceWatch presenceWatch, ILogger log)
{
    /// <exception cref="ChatException"><c>storage</c>: nothing of the batch was stored, and nothing is acked.</exception>
    public async Task TakeAsync(ServerConnection connection, IReadOnlyList<ServerFrame> batch)
    {
        var transaction = journal.Begin();
        var acks = new Dictionary<string, (long SeqNo, int Messages)>();
        foreach (var frame in batch)
            await TakeAsync(transaction, frame, connection, acks);
        await journal.CommitAsync(transaction);
        foreach (var (conversation, (seqNo, messages)) in acks)
            connection.Delivered.Add(conversation, seqNo, messages);
        foreach (var frame in batch)
            React(frame, connection);
        await outbox.PumpAsync();
    }

    /// <summary>The connection has ended.</summary>
    public async Task ConnectionClosed(ServerConnection connection)
    {
        if (current.Current != connection)
            return;
        current.Closed();
        presenceWatch.ConnectionClosed();
        await outbox.ConnectionClosedAsync();
    }

    private async Task TakeAsync(
        StateTransaction transaction, ServerFrame frame, ServerConnection connection, Dictionary<string, (long SeqNo, int Messages)> acks)
    {
        switch (frame)
        {
            case Welcome welcome:
                TakeEpoch(transaction, welcome.Epoch);
                break;
            case MessageArrived { Message: var message }:
                await TakeMessageAsync(transaction, message, connection);
                Ack(message.ConversationId, message.SeqNo);
                break;
            case ChangeArrived { Change: var change }:
                await TakeChangeAsync(transaction, change, connection);
                Ack(change.ConversationId, change.SeqNo);
                break;
            case Resync:
                connection.Followed.Clear();
                break;
            case SentAck ack:
                await outbox.AckedAsync(transaction, ack, connection);
                break;
            case Refusal { ClientMsgId: { } attempt } refusal:
                outbox.Refused(transaction, attempt, refusal);
                break;
            case Receipt receipt when receipt.UserId == transaction.Now.UserId:
                if (receipt.Read && transaction.Now.Find(receipt.ConversationId) is { } conversation)
                    await readCursors.MoveAsync(transaction, conversation, Math.Min(receipt.SeqNo, conversation.MaxSeqNo));
                break;
            case Receipt receipt:
                ReceiptTables.Take(transaction, receipt);
                break;
            case Advanced advanced:
                var moved = journal.FindOrNew(transaction, advanced.ConversationId);
                transaction.Put(moved with { MaxSeqNo = Math.Max(moved.MaxSeqNo, advanced.MaxSeqNo) });
                break;
            case SettingsChanged settings when transaction.Now.Find(settings.ConversationId) is { } set:
                transaction.Put(set.With(settings.Settings));
                break;
            case ConversationChanged { Change: "memberRemoved" } removed when removed.UserId == transaction.Now.UserId:
                transaction.Remove(removed.ConversationId);
                break;
        }

        void Ack(string conversationId, long seqNo)
        {
            var (highest, entries) = acks.GetValueOrDefault(conversationId);
            acks[conversationId] = (Math.Max(highest, seqNo), entries + 1);
        }
    }

    private void TakeEpoch(StateTransaction transaction, string epoch)
    {
        var installation = transaction.Now.Installation;
        if (installation.Epoch == epoch)
            return;
        if (installation.Epoch is not null)
        {
            log.NewEpoch();
            transaction.ClearLog();
        }
        transaction.Put(installation with { Epoch = epoch });
    }

    private async Task TakeMessageAsync(StateTransaction transaction, Message message, ServerConnection connection)
    {
        if (transaction.Now.UserId is not { } me)
            return;
        var conversation = journal.FindOrNew(transaction, message.ConversationId);
        var isNew = conversation.Complete.At(message.SeqNo) is null;
        await fold.PutAsync(transaction, conversation, message, me);
        if (isNew && message.Deleted is null && message.SeqNo > conversation.ClearedUpTo)
            transaction.Arrived.Add(message);
        var isAnswer = outbox.Found(transaction, message);
        conversation = conversation.With(message, CompletedBy(conversation, message.SeqNo, connection), me, journal.Time);
        conversation = await fold.LayOnThreadAsync(transaction, conversation, message, me, isAnswer);
        transaction.Put(conversation with { AckedSeqNo = Math.Max(conversation.AckedSeqNo, message.SeqNo) });
    }

    private async Task TakeChangeAsync(StateTransaction transaction, MessageChange change, ServerConnection connection)
    {
        if (transaction.Now.UserId is not { } me)
            return;
        if (change.Notice is { } notice)
            transaction.Put(notice);
        fold.Hear(change);
        var isAnswer = outbox.Found(transaction, change);
        var conversation = journal.FindOrNew(transaction, change.ConversationId);
        conversation = conversation.WithPlace(change.SeqNo, CompletedBy(conversation, change.SeqNo, connection));
        conversation = await fold.LayOnAsync(transaction, conversation, change, me, isAnswer);
        transaction.Put(conversation with { AckedSeqNo = Math.Max(conversation.AckedSeqNo, change.SeqNo) });
    }

    private static SeqNoRange CompletedBy(StoredConversation conversation, long seqNo, ServerConnection connection)
    {
        var follows = !connection.Followed.Add(conversation.Id);
        return conversation.CompletedBy(seqNo, follows, connection.Missed.GetValueOrDefault(conversation.Id));
    }

    /// <summary>What follows from a frame that was stored.</summary>
    private void React(ServerFrame frame, ServerConnection connection)
    {
        switch (frame)
        {
            case Welcome:
                current.Opened(connection);
                presenceWatch.ConnectionOpened(connection);
                files.Opened();
                break;
            case CaughtUp:
                connection.Delivered.Flush();
                current.CaughtUp();
                conversationList.ReadNow();
                receiptTables.ReadForOpen();
                break;
            case SentAck ack when journal.State.Find(ack.ConversationId) is { } conversation
                && (conversation.Complete.At(ack.SeqNo) is null || conversation.Stale.At(conversation.LastMessage?.SeqNo ?? 0) is not null):
                // Of a message that was discarded here, and must be fetched; or the list's own message may lack a change.
                conversationList.ReadSoon();
                break;
            case Resync:
                current.Resyncing();
                // Receipts may have been dropped.
                connection.ReceiptsRead.Clear();
                break;
            case MessageArrived { Message: var message }:
                typing.Ended(message.ConversationId, message.SenderId);
                HeardOf(message.ConversationId);
                break;
            case ChangeArrived { Change: var change }:
                HeardOf(change.ConversationId);
                // What was deleted may have been unread, and who is mentioned may be another one: the list has the numbers.
                if (change is { Content: ChangeContent.Delete or ChangeContent.Edit { Mentions: not null }, Target.SeqNo: var target }
                    && target > (journal.State.Find(change.ConversationId)?.ReadSeqNo ?? 0))
                    conversationList.ReadSoon();
                break;
            case Advanced advanced:
                HeardOf(advanced.ConversationId);
                conversationList.ReadSoon();
                break;
            case ConversationChanged changed:
                if (changed.Change == "memberRemoved" && changed.UserId == journal.State.UserId)
                    conversationList.Left(changed.ConversationId);
                else
                    HeardOf(changed.ConversationId);
                receiptTables.MembersChanged(changed.ConversationId);
                conversationList.ReadSoon();
                break;
            case SettingsChanged settings:
                SettingsChanged(settings);
                break;
            case Receipt receipt:
                receiptTables.Received(receipt);
                break;
            case TypingShown shown:
                typing.Show(shown);
                break;
            case PresenceShown shown:
                presenceWatch.Show(shown);
                break;
            case Refusal { ClientMsgId: null } refusal:
                log.Refused(refusal.Code, refusal.Text);
                break;
        }
    }

    private void SettingsChanged(SettingsChanged settings)
    {
        conversationList.Set(settings.ConversationId);
        // A conversation that was deleted, and is not here, comes back; or it was cleared, and how many are left unread is in the list.
        if (journal.State.Find(settings.ConversationId) is { } set ? settings.Settings.ClearedUpTo > 0 && set.UnreadCount > 0 : settings.Settings.Archived == false)
            conversationList.ReadSoon();
    }

    private void HeardOf(string conversationId)
    {
        conversationList.HeardOf(conversationId);
        if (ConversationIds.IsGroup(conversationId) && journal.State.Find(conversationId) is { Title: null })
            conversationList.ReadSoon();
    }
}
