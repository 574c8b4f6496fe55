namespace Chat.Client;

// Sending, reading, and who is there.
public sealed partial class ChatClient
{
    /// <summary>Takes a message to be sent. When this returns it is safe in the outbox, and goes out by itself, once, whatever happens.</summary>
    /// <param name="to">A conversation's id, or <c>@user</c> for the direct conversation with that user.</param>
    /// <param name="text">1 byte to 16 KiB of UTF-8.</param>
    /// <param name="replyTo">The messageId of a message of the same conversation that this one answers.</param>
    /// <param name="ct">Ends the wait; the message may have been taken.</param>
    /// <exception cref="ChatException">
    /// <c>storage</c>: it could not be made safe, and was not taken; <c>bad_request</c>, <c>too_large</c>;
    /// <c>rate_limited</c>: a thousand wait already; <c>unauthenticated</c>: nobody is signed in.
    /// </exception>
    public Task<Outgoing> SendAsync(string to, string text, string? replyTo = null, CancellationToken ct = default) =>
        SendAsync(to, new MessageContent(text, replyTo), ct);

    /// <summary>As the other one, for whatever a message can say. A message or an outbox message may be given: sent is what it says.</summary>
    /// <exception cref="ChatException">As there.</exception>
    public async Task<Outgoing> SendAsync(string to, MessageContent content, CancellationToken ct = default) =>
        await _loop.RunAsync(async () =>
        {
            var outgoing = await _outbox.AddAsync(to, content);
            _typing.Sent(outgoing.ConversationId);
            return outgoing;
        }).WaitAsync(ct);

    /// <summary>Tries a failed message again, as the same one. Nothing happens where there is none.</summary>
    /// <exception cref="ChatException"><c>storage</c>.</exception>
    public Task RetryAsync(string clientMsgId) => _loop.RunAsync(() => _outbox.RetryAsync(clientMsgId));

    /// <summary>Throws a failed message away. Nothing happens where there is none.</summary>
    /// <exception cref="ChatException"><c>storage</c>.</exception>
    public Task DiscardAsync(string clientMsgId) => _loop.RunAsync(() => _outbox.DiscardAsync(clientMsgId));

    /// <summary>Opens a conversation's messages. It shows something as soon as there is; dispose of it when the view leaves.</summary>
    /// <param name="conversationId">Known or not: a direct conversation exists without being made.</param>
    public Timeline OpenTimeline(string conversationId)
    {
        var timeline = _timelines.Open(conversationId);
        _background.Run("Reading receipts", _ => _loop.RunAsync(_receipts.ReadForOpen));
        return timeline;
    }

    /// <summary>The user has read a conversation up to a place. Moves here at once, and on the server as soon as it can; only ever up.</summary>
    /// <exception cref="ChatException"><c>storage</c>.</exception>
    public Task MarkReadAsync(string conversationId, long seqNo) => _loop.RunAsync(() => _reading.MarkAsync(conversationId, seqNo));

    /// <summary>The user writes, or has stopped. To be called with every key: the others are told now and then, and it is never kept.</summary>
    public void SetTyping(string conversationId, bool active) =>
        _background.Run("Telling of typing", _ => _loop.RunAsync(() => _typing.Tell(conversationId, active)));

    /// <summary>Watches the presence of these users, at most 500, and of no others.</summary>
    public void Watch(IReadOnlyCollection<string> userIds)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(userIds.Count, Presences.MostWatched, nameof(userIds));
        string[] wanted = [.. userIds];
        _background.Run("Watching", _ => _loop.RunAsync(() => _presences.Watch(wanted)));
    }

    /// <summary>A watched user's presence; null where it is not known, or may not be.</summary>
    public Presence? PresenceOf(string userId) => _presences.Of(userId);
}
