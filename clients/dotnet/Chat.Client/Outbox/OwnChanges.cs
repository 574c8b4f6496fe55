namespace Chat.Client;

/// <summary>What the user changes of messages: it goes through the outbox. On the loop.</summary>
internal sealed class OwnChanges(Journal journal, Outbox outbox, TimeProvider clock)
{
    public async Task EditAsync(Message message, string text, IReadOnlyList<string>? mentions)
    {
        Outbox.Check(new MessageContent(text) { Media = message.Media, Mentions = mentions ?? [] }, 0);
        var changed = mentions is null || mentions.SequenceEqual(message.Mentions) ? null : mentions;
        if (text != message.Text || changed is not null)
            await ChangeAsync(message, new ChangeContent.Edit(text) { Mentions = changed });
    }

    /// <summary>Changes the text of a message in the outbox.</summary>
    /// <returns>False if it is not there any more.</returns>
    public async Task<bool> EditAsync(string clientMsgId, string text, IReadOnlyList<string>? mentions)
    {
        var transaction = journal.Begin();
        if (Find(transaction, clientMsgId) is not { } outgoing)
            return false;
        Outbox.Check(new MessageContent(text) { Media = outgoing.Media, Mentions = mentions ?? [] }, outgoing.Files.Count);
        transaction.Put(outbox.IsUnsent(outgoing)
            ? outgoing with { Text = text, Mentions = mentions ?? outgoing.Mentions }
            : outgoing with { Then = new ChangeContent.Edit(text) { Mentions = mentions ?? (outgoing.Then as ChangeContent.Edit)?.Mentions } });
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
        if (Replace(transaction, message.MessageId, content) is { } needed)
        {
            outbox.CheckRoom();
            outbox.Put(transaction, new Outgoing
            {
                ClientMsgId = Guid.CreateVersion7(clock.GetUtcNow()).ToString(), ConversationId = message.ConversationId, CreatedAt = clock.GetUtcNow(),
                Change = OutgoingChange.Of(message, needed),
            });
        }
        await journal.CommitAsync(transaction);
        await outbox.PumpAsync();
    }

    private static Outgoing? Find(StateTransaction transaction, string clientMsgId) =>
        transaction.Now.Outbox.Find(outgoing => outgoing.ClientMsgId == clientMsgId && outgoing.Change is null);

    /// <returns>The change, as it is needed; null if it is not.</returns>
    private ChangeContent? Replace(StateTransaction transaction, string messageId, ChangeContent content)
    {
        Outgoing[] own = [.. transaction.Now.Outbox.Where(outgoing => outgoing.Change?.Target.MessageId == messageId)];
        var same = own.LastOrDefault(outgoing => outgoing.Change!.Content.SetsSameAs(content));
        switch (content)
        {
            case ChangeContent.Edit edit:
                Outgoing[] edits = [.. own.Where(outgoing => outgoing.Change!.Content is ChangeContent.Edit && outbox.IsUnsent(outgoing))];
                Drop(edits);
                // Whom an edit mentions that does not go out is mentioned by this one.
                return edit with { Mentions = edit.Mentions ?? edits.Select(outgoing => ((ChangeContent.Edit)outgoing.Change!.Content).Mentions).LastOrDefault(mentions => mentions is not null) };
            case ChangeContent.Delete when same is null:
                Drop(own);
                return content;
            case ChangeContent.Delete:
                return null;
            default:
                if (same is null || !outbox.IsUnsent(same))
                    return same?.Change!.Content != content ? content : null;
                if (same.Change!.Content != content)
                    Drop([same]);
                return null;
        }

        void Drop(IEnumerable<Outgoing> unnecessary)
        {
            foreach (var outgoing in unnecessary.Where(outbox.IsUnsent))
                outbox.Forget(transaction, outgoing.ClientMsgId);
        }
    }
}
