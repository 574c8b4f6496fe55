using Microsoft.Extensions.Logging;

namespace Chat.Client;

/// <summary>
/// Takes what the server sends, in batches: writes a batch in one transaction, applies it, then acks it. On the loop.
/// </summary>
internal sealed class Receiver(
    Journal journal, CurrentConnection current, Outbox outbox, OutgoingFiles files, ReadCursors readCursors,
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
                TakeMessage(transaction, message, connection);
                var (highest, messages) = acks.GetValueOrDefault(message.ConversationId);
                acks[message.ConversationId] = (Math.Max(highest, message.SeqNo), messages + 1);
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
                transaction.Put(set with { MutedUntil = settings.MutedUntil ?? set.MutedUntil });
                break;
            case ConversationChanged { Change: "memberRemoved" } change when change.UserId == transaction.Now.UserId:
                transaction.Remove(change.ConversationId);
                break;
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

    private void TakeMessage(StateTransaction transaction, Message message, ServerConnection connection)
    {
        if (transaction.Now.UserId is not { } me)
            return;
        var conversation = journal.FindOrNew(transaction, message.ConversationId);
        var isNew = conversation.Complete.At(message.SeqNo) is null;
        // An own message is stored also if its seqNo is in a complete range: its ack may have been lost, and a later message have completed the range.
        if (isNew || message.SenderId == me)
            transaction.Put(message);
        if (isNew)
            transaction.Arrived.Add(message);
        outbox.Found(transaction, message);
        var follows = !connection.Followed.Add(message.ConversationId);
        var completed = conversation.CompletedBy(message.SeqNo, follows, connection.Missed.GetValueOrDefault(message.ConversationId));
        conversation = conversation.With(message, completed, me);
        transaction.Put(conversation with { AckedSeqNo = Math.Max(conversation.AckedSeqNo, message.SeqNo) });
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
            case SentAck ack when journal.State.Find(ack.ConversationId) is { } conversation && conversation.Complete.At(ack.SeqNo) is null:
                // Of a message that was discarded here: it must be fetched.
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
            case Advanced advanced:
                HeardOf(advanced.ConversationId);
                conversationList.ReadSoon();
                break;
            case ConversationChanged change:
                if (change.Change == "memberRemoved" && change.UserId == journal.State.UserId)
                    conversationList.Left(change.ConversationId);
                else
                    HeardOf(change.ConversationId);
                receiptTables.MembersChanged(change.ConversationId);
                conversationList.ReadSoon();
                break;
            case SettingsChanged settings:
                conversationList.Set(settings.ConversationId);
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

    private void HeardOf(string conversationId)
    {
        conversationList.HeardOf(conversationId);
        if (ConversationIds.IsGroup(conversationId) && journal.State.Find(conversationId) is { Title: null })
            conversationList.ReadSoon();
    }
}
