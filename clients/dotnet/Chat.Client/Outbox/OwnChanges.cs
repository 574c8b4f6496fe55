namespace Chat.Client;

/// <summary>What the user changes of messages: it goes through the outbox. On the loop.</summary>
internal sealed class OwnChanges(Journal journal, Outbox outbox, TimeProvider clock)
{
    public async Task EditAsync(Message message, string text)
    {
        Outbox.Check(new MessageContent(text) { Media = message.Media }, 0);
        if (text != message.Text)
            await ChangeAsync(message, new ChangeContent.Edit(text));
    }

    /// <summary>Changes the text of a message in the outbox.</summary>
    /// <returns>False if it is not there any more.</returns>
    public async Task<bool> EditAsync(string clientMsgId, string text)
    {
        var transaction = journal.Begin();
        if (Find(transaction, clientMsgId) is not { } outgoing)
            return false;
        Outbox.Check(new MessageContent(text) { Media = outgoing.Media }, outgoing.Files.Count);
        transaction.Put(outbox.IsUnsent(outgoing) ? outgoing with { Text = text } : outgoing with { Then = new ChangeContent.Edit(text) });
        await journal.CommitAsync(transaction);
        return true;
    }

    /// <summary>Deletes a message in the outbox: drops it, or, where the server may have it, deletes it there when its ack comes.</summary>
    /// <returns>False if it is not there any more.</returns>
    public async Task<bool> DeleteAsync(string clientMsgId)
    {
        var transaction = journal.Begin();
        if (Find(transaction, clientMsgId) is not { } outgoing)
            return false;
        if (outbox.IsUnsent(outgoing))
            outbox.Drop(transaction, outgoing);
        else
            transaction.Put(outgoing with { Then = new ChangeContent.Delete() });
        await journal.CommitAsync(transaction);
        return true;
    }

    /// <summary>Puts a change into the outbox. What it makes unnecessary of those that wait there and were not sent does not go out.</summary>
    public async Task ChangeAsync(Message message, ChangeContent content)
    {
        var transaction = journal.Begin();
        if (transaction.Now.UserId is null)
            throw ChatException.NotSignedIn();
        if (Replace(transaction, message.MessageId, content))
        {
            outbox.CheckRoom();
            outbox.Put(transaction, new Outgoing
            {
                ClientMsgId = Guid.CreateVersion7(clock.GetUtcNow()).ToString(), ConversationId = message.ConversationId, CreatedAt = clock.GetUtcNow(),
                Change = new OutgoingChange(
                    new MessageTarget(message.MessageId, message.SeqNo), content, content is ChangeContent.Edit ? message.ChangedSeqNo : 0),
            });
        }
        await journal.CommitAsync(transaction);
        await outbox.PumpAsync();
    }

    private static Outgoing? Find(StateTransaction transaction, string clientMsgId) =>
        transaction.Now.Outbox.Find(outgoing => outgoing.ClientMsgId == clientMsgId && outgoing.Change is null);

    /// <returns>Whether the change is needed.</returns>
    private bool Replace(StateTransaction transaction, string messageId, ChangeContent content)
    {
        Outgoing[] own = [.. transaction.Now.Outbox.Where(outgoing => outgoing.Change?.Target.MessageId == messageId)];
        var same = own.LastOrDefault(outgoing => outgoing.Change!.Content.SetsSameAs(content));
        switch (content)
        {
            case ChangeContent.Edit:
                Drop(own.Where(outgoing => outgoing.Change!.Content is ChangeContent.Edit));
                return true;
            case ChangeContent.Delete when same is null:
                Drop(own);
                return true;
            case ChangeContent.Delete:
                return false;
            default:
                if (same is null || !outbox.IsUnsent(same))
                    return same?.Change!.Content != content;
                if (same.Change!.Content != content)
                    Drop([same]);
                return false;
        }

        void Drop(IEnumerable<Outgoing> unnecessary)
        {
            foreach (var outgoing in unnecessary.Where(outbox.IsUnsent))
                outbox.Forget(transaction, outgoing.ClientMsgId);
        }
    }
}
