namespace Chat.Client;

// Changes of messages. They are shown at once and sent by themselves, as messages are; refused for good they are taken back, and
// ChatChangedEventArgs.Refused tells why.
public sealed partial class ChatClient
{
    /// <summary>Changes the text of an own message.</summary>
    /// <param name="message">As it is shown.</param>
    /// <param name="text">The whole text.</param>
    /// <param name="mentions">Whom it mentions from then on; null: as before.</param>
    /// <exception cref="ChatException">
    /// <c>storage</c>: it could not be stored; <c>bad_request</c>, <c>too_large</c>; <c>rate_limited</c>: 1,000 wait already; <c>unauthenticated</c>.
    /// </exception>
    public Task EditAsync(Message message, string text, IReadOnlyList<string>? mentions = null) =>
        _loop.RunAsync(() => _ownChanges.EditAsync(message, text, mentions));

    /// <summary>Changes the text of a message in the outbox. Where the server may have it already, it is edited there when its ack comes.</summary>
    /// <exception cref="ChatException">As for a message; <c>not_found</c>: it is not in the outbox any more, and in no timeline.</exception>
    public Task EditAsync(Outgoing outgoing, string text, IReadOnlyList<string>? mentions = null) => _loop.RunAsync(async () =>
    {
        if (await _ownChanges.EditAsync(outgoing.ClientMsgId, text, mentions))
            return;
        var sent = _timelines.SentAs(outgoing.ClientMsgId) ?? throw new ChatException(ErrorCodes.NotFound, "The message is not in the outbox any more.");
        await _ownChanges.EditAsync(sent, text, mentions);
    });

    /// <summary>Deletes a message for everyone: an own one, or any as an admin of the group.</summary>
    /// <exception cref="ChatException"><c>storage</c>, <c>rate_limited</c>, <c>unauthenticated</c>.</exception>
    public Task DeleteAsync(Message message) => _loop.RunAsync(() => _ownChanges.ChangeAsync(message, new ChangeContent.Delete()));

    /// <summary>Deletes a message in the outbox. Where the server may have it already, it is deleted there when its ack comes, and not shown meanwhile.</summary>
    /// <exception cref="ChatException"><c>storage</c>, <c>rate_limited</c>, <c>unauthenticated</c>.</exception>
    public Task DeleteAsync(Outgoing outgoing) => _loop.RunAsync(async () =>
    {
        if (!await _ownChanges.DeleteAsync(outgoing.ClientMsgId) && _timelines.SentAs(outgoing.ClientMsgId) is { } sent)
            await _ownChanges.ChangeAsync(sent, new ChangeContent.Delete());
    });

    /// <summary>Sets an emoji on a message, or takes it back.</summary>
    /// <param name="message">As it is shown.</param>
    /// <param name="emoji">One emoji.</param>
    /// <param name="on">Null: the other of what is.</param>
    /// <exception cref="ChatException"><c>storage</c>, <c>rate_limited</c>, <c>unauthenticated</c>.</exception>
    public Task ReactAsync(Message message, string emoji, bool? on = null)
    {
        var isOn = message.Reactions.Any(reaction => reaction.Emoji == emoji && reaction.Mine);
        return _loop.RunAsync(() => _ownChanges.ChangeAsync(message, new ChangeContent.React(emoji, on ?? !isOn)));
    }

    /// <summary>Pins a message for all members, or no longer.</summary>
    /// <exception cref="ChatException"><c>storage</c>, <c>rate_limited</c>, <c>unauthenticated</c>.</exception>
    public Task PinAsync(Message message, bool on = true) => _loop.RunAsync(() => _ownChanges.ChangeAsync(message, new ChangeContent.Pin(on)));

    /// <summary>One message, in its present state.</summary>
    /// <exception cref="ChatException"><c>not_a_member</c>: there is none that this user may see; or no answer came.</exception>
    public Task<Message> GetMessageAsync(string conversationId, string messageId, CancellationToken ct = default) =>
        _api.GetMessageAsync(conversationId, messageId, ct);

    /// <summary>Who has reacted to a message, 200 at a time.</summary>
    /// <param name="conversationId">The conversation.</param>
    /// <param name="messageId">The message.</param>
    /// <param name="emoji">Only with this one; null for all.</param>
    /// <param name="cursor">The <see cref="ReactionPage.Next"/> of the part before; null for the first.</param>
    /// <param name="ct">Cancels the call.</param>
    /// <exception cref="ChatException">It was refused, or no answer came.</exception>
    public Task<ReactionPage> GetReactionsAsync(
        string conversationId, string messageId, string? emoji = null, string? cursor = null, CancellationToken ct = default) =>
        _api.GetReactionsAsync(conversationId, messageId, emoji, cursor, ct);

    /// <summary>The texts that a message has had, the first one first.</summary>
    /// <exception cref="ChatException"><c>conflict</c>: it is deleted; it was refused, or no answer came.</exception>
    public async Task<IReadOnlyList<MessageText>> GetEditsAsync(string conversationId, string messageId, CancellationToken ct = default) =>
        (await _api.GetEditsAsync(conversationId, messageId, ct)).Edits;

    /// <summary>The pinned messages of a conversation, the newest pin first.</summary>
    /// <exception cref="ChatException">It was refused, or no answer came.</exception>
    public async Task<IReadOnlyList<Message>> GetPinsAsync(string conversationId, CancellationToken ct = default)
    {
        var found = new List<Message>();
        string? cursor = null;
        do
        {
            var page = await _api.GetPinsAsync(conversationId, cursor, ct);
            found.AddRange(page.Messages);
            cursor = page.Next;
        }
        while (cursor is not null);
        return found;
    }

    /// <summary>The messages that began threads, the one that was written to last first, 50 at a time.</summary>
    /// <param name="conversationId">The conversation.</param>
    /// <param name="cursor">The <see cref="ThreadList.Next"/> of the part before; null for the first.</param>
    /// <param name="ct">Cancels the call.</param>
    /// <exception cref="ChatException">It was refused, or no answer came.</exception>
    public Task<ThreadList> GetThreadsAsync(string conversationId, string? cursor = null, CancellationToken ct = default) =>
        _api.GetThreadsAsync(conversationId, cursor, ct);

    /// <summary>The messages of a thread, ascending, without the one that began it.</summary>
    /// <param name="conversationId">The conversation.</param>
    /// <param name="rootId">The <see cref="Message.MessageId"/> of the message that began it.</param>
    /// <param name="after">Upwards from above this seqNo; null, without <paramref name="before"/> too: the first ones.</param>
    /// <param name="before">Downwards from below this seqNo.</param>
    /// <param name="limit">At most 200; 50 unless given.</param>
    /// <param name="ct">Cancels the call.</param>
    /// <exception cref="ChatException">It was refused, or no answer came.</exception>
    public Task<ThreadPage> GetThreadMessagesAsync(
        string conversationId, string rootId, long? after = null, long? before = null, int? limit = null, CancellationToken ct = default) =>
        _api.GetThreadMessagesAsync(conversationId, rootId, after, before, limit, ct);
}
