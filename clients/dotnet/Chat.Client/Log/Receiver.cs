using Microsoft.Extensions.Logging;

namespace Chat.Client;

/// <summary>
/// Takes what a connection brings: a batch is written in one transaction, then it is true, then it is acked. On the loop.
/// </summary>
internal sealed class Receiver(
    Ledger ledger, Line line, Outbox outbox, Reading reading, ConversationLists lists, Receipts receipts, Typing typing, Presences presences, ILogger log)
{
    /// <exception cref="ChatException"><c>storage</c>: nothing of the batch was taken, and nothing is acked.</exception>
    public async Task TakeAsync(Link link, IReadOnlyList<ServerFrame> batch)
    {
        var draft = ledger.Begin();
        var acks = new Dictionary<string, (long SeqNo, int Messages)>();
        foreach (var frame in batch)
            await TakeAsync(draft, frame, link, acks);
        await ledger.CommitAsync(draft);
        foreach (var (conversation, (seqNo, messages)) in acks)
            link.Delivered.Add(conversation, seqNo, messages);
        foreach (var frame in batch)
            React(frame, link);
        await outbox.PumpAsync();
    }

    /// <summary>The connection is gone, and what belonged to it.</summary>
    public async Task LinkClosed(Link link)
    {
        if (line.Current != link)
            return;
        line.Closed();
        presences.LinkClosed();
        await outbox.LinkClosedAsync();
    }

    private async Task TakeAsync(Draft draft, ServerFrame frame, Link link, Dictionary<string, (long SeqNo, int Messages)> acks)
    {
        switch (frame)
        {
            case Welcome welcome:
                TakeEpoch(draft, welcome.Epoch);
                break;
            case MessageArrived { Message: var message }:
                TakeMessage(draft, message, link);
                var (highest, messages) = acks.GetValueOrDefault(message.ConversationId);
                acks[message.ConversationId] = (Math.Max(highest, message.SeqNo), messages + 1);
                break;
            case Resync:
                link.Followed.Clear();
                break;
            case SentAck ack:
                await outbox.AckedAsync(draft, ack, link);
                break;
            case Refusal { ClientMsgId: { } attempt } refusal:
                outbox.Refused(draft, attempt, refusal);
                break;
            case Receipt receipt when receipt.UserId == draft.Now.UserId:
                if (receipt.Read && draft.Now.Find(receipt.ConversationId) is { } conversation)
                    await reading.MoveAsync(draft, conversation, Math.Min(receipt.SeqNo, conversation.MaxSeqNo));
                break;
            case Receipt receipt:
                Receipts.Take(draft, receipt);
                break;
            case Advanced advanced:
                var moved = ledger.FindOrNew(draft, advanced.ConversationId);
                draft.Put(moved with { MaxSeqNo = Math.Max(moved.MaxSeqNo, advanced.MaxSeqNo) });
                break;
            case ConversationChanged { Change: "memberRemoved" } change when change.UserId == draft.Now.UserId:
                draft.Remove(change.ConversationId);
                break;
        }
    }

    private void TakeEpoch(Draft draft, string epoch)
    {
        var installation = draft.Now.Installation;
        if (installation.Epoch == epoch)
            return;
        if (installation.Epoch is not null)
        {
            log.NewEpoch();
            draft.ClearLog();
        }
        draft.Put(installation with { Epoch = epoch });
    }

    private void TakeMessage(Draft draft, Message message, Link link)
    {
        if (draft.Now.UserId is not { } me)
            return;
        var conversation = ledger.FindOrNew(draft, message.ConversationId);
        var isNew = conversation.Spans.At(message.SeqNo) is null;
        // An own one is put also where its place is complete: its ack may have been lost, and the span then ran over it.
        if (isNew || message.SenderId == me)
            draft.Put(message);
        if (isNew)
            draft.Arrived.Add(message);
        outbox.Found(draft, message);
        var follows = !link.Followed.Add(message.ConversationId);
        var completed = conversation.CompletedBy(message.SeqNo, follows, link.Missed.GetValueOrDefault(message.ConversationId));
        conversation = conversation.With(message, completed, me);
        draft.Put(conversation with { AckedTo = Math.Max(conversation.AckedTo, message.SeqNo) });
    }

    /// <summary>What follows from a frame that is in the store.</summary>
    private void React(ServerFrame frame, Link link)
    {
        switch (frame)
        {
            case Welcome:
                line.Opened(link);
                presences.LinkOpened(link);
                break;
            case CaughtUp:
                link.Delivered.Flush();
                line.CaughtUp();
                lists.ReadNow();
                receipts.ReadForOpen();
                break;
            case SentAck ack when ledger.State.Find(ack.ConversationId) is { } conversation && conversation.Spans.At(ack.SeqNo) is null:
                // Of a message that was here no more: it is to be fetched.
                lists.ReadSoon();
                break;
            case Resync:
                line.Resyncing();
                // What was dropped may have been receipts.
                link.ReceiptsRead.Clear();
                break;
            case MessageArrived { Message: var message }:
                typing.Ended(message.ConversationId, message.SenderId);
                HeardOf(message.ConversationId);
                break;
            case Advanced advanced:
                HeardOf(advanced.ConversationId);
                lists.ReadSoon();
                break;
            case ConversationChanged change:
                if (change.Change == "memberRemoved" && change.UserId == ledger.State.UserId)
                    lists.Left(change.ConversationId);
                else
                    HeardOf(change.ConversationId);
                receipts.MembersChanged(change.ConversationId);
                lists.ReadSoon();
                break;
            case Receipt receipt:
                receipts.Heard(receipt);
                break;
            case TypingShown shown:
                typing.Show(shown);
                break;
            case PresenceShown shown:
                presences.Show(shown);
                break;
            case Refusal { ClientMsgId: null } refusal:
                log.Refused(refusal.Code, refusal.Text);
                break;
        }
    }

    private void HeardOf(string conversationId)
    {
        lists.HeardOf(conversationId);
        if (ConversationIds.IsGroup(conversationId) && ledger.State.Find(conversationId) is { Title: null })
            lists.ReadSoon();
    }
}
