namespace Chat.Client;

// Sending, reading, and who is there.
public sealed partial class ChatClient
{
    /// <summary>Puts a message into the outbox: when this returns it is stored, and it is sent by itself, once, whatever happens.</summary>
    /// <param name="to">A conversation's id, or <c>@user</c> for the direct conversation with that user.</param>
    /// <param name="text">1 byte to 16 KiB of UTF-8.</param>
    /// <param name="replyTo">The messageId of a message of the same conversation that this one answers.</param>
    /// <param name="ct">Ends the wait; the message may be in the outbox.</param>
    /// <exception cref="ChatException">
    /// <c>storage</c>: it could not be stored; <c>bad_request</c>, <c>too_large</c>;
    /// <c>rate_limited</c>: 1,000 wait already; <c>unauthenticated</c>: nobody is signed in.
    /// </exception>
    public Task<Outgoing> SendAsync(string to, string text, string? replyTo = null, CancellationToken ct = default) =>
        SendAsync(to, new MessageContent(text, replyTo), ct);

    /// <summary>Sends all that a message can say. A message or an outbox entry may be given: its content is sent.</summary>
    /// <exception cref="ChatException">As for a text.</exception>
    public async Task<Outgoing> SendAsync(string to, MessageContent content, CancellationToken ct = default) =>
        await _loop.RunAsync(() => AddAsync(to, content, [])).WaitAsync(ct);

    /// <summary>Sends a failed message again, with the same clientMsgId; files that are not uploaded, first. Does nothing if there is none.</summary>
    /// <exception cref="ChatException"><c>storage</c>.</exception>
    public Task RetryAsync(string clientMsgId) => _loop.RunAsync(() => _outbox.RetryAsync(clientMsgId));

    /// <summary>Deletes a message that has failed or waits for its files, and ends their uploads. Does nothing if there is none.</summary>
    /// <exception cref="ChatException"><c>storage</c>.</exception>
    public Task DiscardAsync(string clientMsgId) => _loop.RunAsync(() => _outbox.DiscardAsync(clientMsgId));

    /// <summary>Opens a conversation's messages. Dispose of it when the view closes.</summary>
    /// <param name="conversationId">Known here or not: a direct conversation exists without being created.</param>
    public Timeline OpenTimeline(string conversationId)
    {
        var timeline = _timelines.Open(conversationId);
        _background.Run("Reading receipts", _ => _loop.RunAsync(_receiptTables.ReadForOpen));
        return timeline;
    }

    /// <summary>Moves the user's read cursor, here at once, on the server when it can be reached. It only rises.</summary>
    /// <exception cref="ChatException"><c>storage</c>.</exception>
    public Task MarkReadAsync(string conversationId, long seqNo) => _loop.RunAsync(() => _readCursors.MarkAsync(conversationId, seqNo));

    /// <summary>Mutes a conversation on all of the user's devices: the user is not notified of its messages, which come as always.</summary>
    /// <param name="conversationId">The conversation.</param>
    /// <param name="until"><see cref="DateTimeOffset.MaxValue"/> for ever; null, or a time that has passed, to end it.</param>
    /// <param name="ct">Gives up the wait; it may have been muted.</param>
    /// <exception cref="ChatException"><c>conflict</c> for a direct conversation without a message; it was refused, or no answer came.</exception>
    public Task MuteAsync(string conversationId, DateTimeOffset? until, CancellationToken ct = default) =>
        ChangeSettingsAsync(conversationId, new OwnSettings { MutedUntil = until ?? DateTimeOffset.UnixEpoch }, ct);

    /// <summary>
    /// Changes what the user has set for a conversation, on all of its devices; it is shown when the server has answered. With <see cref="OwnSettings.Archived"/>, and
    /// <see cref="OwnSettings.ClearedUpTo"/> at its <see cref="Conversation.MaxSeqNo"/>, a conversation is deleted, until its next message.
    /// </summary>
    /// <exception cref="ChatException">
    /// <c>conflict</c> for a direct conversation without a message; <c>too_large</c> for a draft of more than 16 KiB; it was refused, or no answer came.
    /// </exception>
    public async Task ChangeSettingsAsync(string conversationId, OwnSettings change, CancellationToken ct = default)
    {
        var (generation, before) = (_journal.State.Generation, _journal.State.Find(conversationId));
        // No time lies before the protocol's first.
        var sent = change.MutedUntil < DateTimeOffset.UnixEpoch ? change with { MutedUntil = DateTimeOffset.UnixEpoch } : change;
        var answer = await _api.ChangeSettingsAsync(conversationId, sent, ct);
        await _loop.RunAsync(() => _conversationList.TakeSettingsAsync(conversationId, answer, generation, before));
    }

    /// <summary>The user is writing, or has stopped. May be called with every key; never stored.</summary>
    public void SetTyping(string conversationId, bool active) =>
        _background.Run("Telling of typing", _ => _loop.RunAsync(() => _typing.Tell(conversationId, active)));

    /// <summary>Watches the presence of these users, at most 500, and of no others.</summary>
    public void Watch(IReadOnlyCollection<string> userIds)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(userIds.Count, PresenceWatch.MaxWatched, nameof(userIds));
        string[] wanted = [.. userIds];
        _background.Run("Watching", _ => _loop.RunAsync(() => _presenceWatch.Watch(wanted)));
    }

    /// <summary>A watched user's presence; null if it is not known, or not visible to this user.</summary>
    public Presence? PresenceOf(string userId) => _presenceWatch.Of(userId);

    private async Task<Outgoing> AddAsync(string to, MessageContent content, IReadOnlyList<OutgoingFile> files)
    {
        var outgoing = await _outbox.AddAsync(to, content, files);
        _typing.Sent(outgoing.ConversationId);
        return outgoing;
    }
}
