using System.Text;
using System.Text.Json;

namespace Chat.Client;

/// <summary>
/// Messages, and changes of messages, that are stored here and not yet acked by the server. One of a conversation is being sent at a time, so that messages are stored in
/// the order written; one whose files are still being uploaded lets the next ones pass. Conversations do not wait for each other. On the loop.
/// </summary>
internal sealed class Outbox : IDisposable
{
    // What a message says as JSON, so that its frame is within the server's 64 KiB: a control character is six bytes there.
    private const int MaxJsonBytes = 64_000;
    private const int MaxOutbox = 1_000;
    private static readonly TimeSpan AckTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan DefaultPause = TimeSpan.FromSeconds(1);

    private readonly Journal _journal;
    private readonly MessageFold _fold;
    private readonly CurrentConnection _current;
    private readonly TimeProvider _clock;
    private readonly Alarm _alarm;

    // By clientMsgId: when it was sent and has no answer yet; until when it waits after it was refused for now.
    private readonly Dictionary<string, DateTimeOffset> _inFlight = [];
    private readonly Dictionary<string, DateTimeOffset> _postponed = [];
    // What the server certainly does not have: it was put here by this program, and never sent.
    private readonly HashSet<string> _unsent = [];
    // Changes that have arrived otherwise than by their acks, which may still come on this connection.
    private readonly HashSet<string> _found = [];

    public Outbox(Loop loop, Journal journal, MessageFold fold, CurrentConnection current, Background background, TimeProvider clock)
    {
        (_journal, _fold, _current, _clock) = (journal, fold, current, clock);
        _alarm = new Alarm(clock, () => background.Run("Sending", _ => loop.RunAsync(PumpAsync)));
    }

    /// <summary>A message was deleted, perhaps by somebody else a moment before: the server knows by whom. On the loop.</summary>
    public event Action<MessageTarget, string>? Deleted;

    /// <summary>Whether the server certainly does not have it.</summary>
    public bool IsUnsent(Outgoing outgoing) => outgoing.State is OutgoingState.Failed or OutgoingState.Uploading || _unsent.Contains(outgoing.ClientMsgId);

    /// <summary>Refuses what cannot be put into the outbox.</summary>
    /// <returns>The conversation.</returns>
    public string Check(string to, MessageContent content, int files)
    {
        var conversationId = ConversationIds.Resolve(to, _journal.State.UserId ?? throw ChatException.NotSignedIn());
        Check(content, files);
        CheckRoom();
        return conversationId;
    }

    /// <exception cref="ChatException"><c>rate_limited</c>: it is full.</exception>
    public void CheckRoom()
    {
        if (_journal.State.Outbox.Count >= MaxOutbox)
            throw new ChatException(ErrorCodes.RateLimited, $"{MaxOutbox} messages wait already.");
    }

    /// <summary>Puts a new entry into the outbox.</summary>
    public void Put(StateTransaction transaction, Outgoing outgoing)
    {
        transaction.Put(outgoing);
        _unsent.Add(outgoing.ClientMsgId);
    }

    /// <summary>Puts a message into the outbox; when this returns it is stored.</summary>
    public async Task<Outgoing> AddAsync(string to, MessageContent content, IReadOnlyList<OutgoingFile> files)
    {
        var transaction = _journal.Begin();
        var conversationId = Check(to, content, files.Count);
        var now = _clock.GetUtcNow();
        var outgoing = new Outgoing(content)
        {
            ClientMsgId = Guid.CreateVersion7(now).ToString(), ConversationId = conversationId, CreatedAt = now, Files = files,
            State = files.Count > 0 ? OutgoingState.Uploading : OutgoingState.Waiting,
        };
        Put(transaction, outgoing);
        transaction.Put(_journal.FindOrNew(transaction, conversationId));
        await _journal.CommitAsync(transaction);
        await PumpAsync();
        return outgoing;
    }

    /// <summary>
    /// Sends a failed message again, with the same clientMsgId and in the old order; its files first, if they are not uploaded or the server does not have them any
    /// more.
    /// </summary>
    public async Task RetryAsync(string clientMsgId)
    {
        var transaction = _journal.Begin();
        if (Find(transaction, clientMsgId) is not { State: OutgoingState.Failed } failed)
            return;
        transaction.Put(failed.Again());
        await _journal.CommitAsync(transaction);
        await PumpAsync();
    }

    /// <summary>Deletes a message that has failed or waits for its files.</summary>
    public async Task DiscardAsync(string clientMsgId)
    {
        var transaction = _journal.Begin();
        if (Find(transaction, clientMsgId) is not { State: OutgoingState.Failed or OutgoingState.Uploading } outgoing)
            return;
        Drop(transaction, outgoing);
        await _journal.CommitAsync(transaction);
    }

    /// <summary>Deletes an entry that is not to be sent.</summary>
    public void Drop(StateTransaction transaction, Outgoing outgoing)
    {
        var id = outgoing.ConversationId;
        Forget(transaction, outgoing.ClientMsgId);
        // A conversation that the user has left is shown only for its unsent messages.
        if (transaction.Now.Find(id) is { IsLeft: true } && transaction.Now.Outbox.TrueForAll(other => other.ConversationId != id))
            transaction.Remove(id);
    }

    /// <summary>The server has stored a message: it moves from the outbox to the messages.</summary>
    public async Task AckedAsync(StateTransaction transaction, SentAck ack, ServerConnection connection)
    {
        if (transaction.Now.UserId is not { } me)
            return;
        if (Find(transaction, ack.ClientMsgId) is not { } outgoing)
        {
            if (!_found.Remove(ack.ClientMsgId))
                await MissAsync(transaction, ack, connection);
            return;
        }
        if (outgoing.Change is { } change)
        {
            await AckedAsync(transaction, ack, change, me);
            return;
        }
        var message = new Message(outgoing)
        {
            MessageId = ack.MessageId, ConversationId = ack.ConversationId, SeqNo = ack.SeqNo, SenderId = me, Timestamp = ack.Timestamp,
            ClientMsgId = ack.ClientMsgId,
        };
        var conversation = _journal.FindOrNew(transaction, ack.ConversationId);
        // Changes of it may have come before its ack, and were dropped.
        var isStale = conversation.MaxSeqNo > ack.SeqNo;
        transaction.Put(message);
        conversation = conversation.With(message, new SeqNoRange(ack.SeqNo, ack.SeqNo), me, _clock.GetUtcNow());
        conversation = isStale ? _fold.Doubt(conversation, ack.SeqNo) : conversation;
        transaction.Put(await _fold.LayOnThreadAsync(transaction, conversation, message, me, isAnswer: true));
        BecomeMessage(transaction, outgoing, message);
    }

    /// <summary>The server has stored a change: it is laid on its message.</summary>
    private async Task AckedAsync(StateTransaction transaction, SentAck ack, OutgoingChange change, string me)
    {
        var entry = new MessageChange(ack.ConversationId, ack.SeqNo, me, ack.Timestamp, change.Target, change.Content, ack.ClientMsgId, change.Thread);
        var conversation = _journal.FindOrNew(transaction, ack.ConversationId).WithPlace(ack.SeqNo, new SeqNoRange(ack.SeqNo, ack.SeqNo));
        _fold.Hear(entry);
        transaction.Put(await _fold.LayOnAsync(transaction, conversation, entry, me, isAnswer: true));
        Forget(transaction, ack.ClientMsgId);
        if (change.Content is ChangeContent.Delete)
            Deleted?.Invoke(change.Target, ack.ConversationId);
    }

    /// <summary>A message arrived. If it is in the outbox, its ack was lost: it is removed.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Found(StateTransaction transaction, Message message)
    {
        if (message.ClientMsgId is not { } attempt || message.SenderId != transaction.Now.UserId || Find(transaction, attempt) is not { } outgoing)
            return false;
        BecomeMessage(transaction, outgoing, message);
        return true;
    }

    /// <summary>A change arrived. If it is in the outbox, its ack was lost: it is removed.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Found(StateTransaction transaction, MessageChange change)
    {
        if (change.ClientMsgId is not { } attempt || change.SenderId != transaction.Now.UserId || Find(transaction, attempt) is null)
            return false;
        Forget(transaction, attempt);
        _found.Add(attempt);
        return true;
    }

    /// <summary>
    /// The server has refused an entry: for now, or for good, and then the next one is sent. A change is taken back, and so is a message that was deleted meanwhile.
    /// </summary>
    public void Refused(StateTransaction transaction, string clientMsgId, Refusal refusal)
    {
        if (Find(transaction, clientMsgId) is not { } outgoing)
            return;
        _inFlight.Remove(clientMsgId);
        if (refusal.Code is ErrorCodes.RateLimited or ErrorCodes.Unavailable or ErrorCodes.TokenExpired or ErrorCodes.Unauthenticated)
        {
            _postponed[clientMsgId] = _clock.SteadyNow() + (refusal.RetryAfter ?? DefaultPause);
            transaction.Show(outgoing with { State = OutgoingState.Waiting });
        }
        else
        {
            RefusedForGood(transaction, outgoing, new OutgoingError(refusal.Code, refusal.Text));
        }
    }

    private void RefusedForGood(StateTransaction transaction, Outgoing outgoing, OutgoingError error)
    {
        if (outgoing.Change is { } change)
        {
            Forget(transaction, outgoing.ClientMsgId);
            transaction.Refused.Add(new RefusedChange(outgoing.ConversationId, change.Target, change.Content, error));
        }
        else if (outgoing.AsShown() is { } shown)
        {
            transaction.Put(shown with { Then = null, State = OutgoingState.Failed, Error = error });
        }
        else
        {
            Drop(transaction, outgoing);
        }
    }

    /// <summary>Sends the next message of each conversation that has none in flight.</summary>
    public async Task PumpAsync()
    {
        if (_current.Current is not { } connection)
            return;
        var now = _clock.SteadyNow();
        DateTimeOffset? next = null;
        var transaction = _journal.Begin();
        HashSet<string> conversations = [];
        // What has no answer yet comes first: an earlier one may have waited for its files, or failed and been retried.
        var inFlight = transaction.Now.Outbox.Where(outgoing => _inFlight.ContainsKey(outgoing.ClientMsgId));
        foreach (var outgoing in inFlight.Concat(transaction.Now.Outbox).ToArray())
        {
            if (outgoing.State is OutgoingState.Failed or OutgoingState.Uploading || !conversations.Add(outgoing.ConversationId))
                continue;
            if (WaitsUntil(outgoing.ClientMsgId) is { } until && until > now)
            {
                next = Earlier(next, until);
                continue;
            }
            connection.Post(outgoing.ToFrame());
            _unsent.Remove(outgoing.ClientMsgId);
            _postponed.Remove(outgoing.ClientMsgId);
            _inFlight[outgoing.ClientMsgId] = now;
            next = Earlier(next, now + AckTimeout);
            transaction.Show(outgoing with { State = OutgoingState.Sending });
        }
        _alarm.SetFor(next);
        await _journal.CommitAsync(transaction);
    }

    /// <summary>What has no ack is sent again on the next connection.</summary>
    public async Task ConnectionClosedAsync()
    {
        _inFlight.Clear();
        _found.Clear();
        _alarm.SetFor(null);
        var transaction = _journal.Begin();
        foreach (var outgoing in transaction.Now.Outbox)
        {
            if (outgoing.State == OutgoingState.Sending)
                transaction.Show(outgoing with { State = OutgoingState.Waiting });
        }
        await _journal.CommitAsync(transaction);
    }

    public void Dispose() => _alarm.Dispose();

    private static Outgoing? Find(StateTransaction transaction, string clientMsgId) =>
        transaction.Now.Outbox.Find(outgoing => outgoing.ClientMsgId == clientMsgId);

    /// <summary>
    /// The ack of a message that was discarded here. Unless it has arrived otherwise, it is missing and must be fetched.
    /// </summary>
    private async Task MissAsync(StateTransaction transaction, SentAck ack, ServerConnection connection)
    {
        var (id, seqNo) = (ack.ConversationId, ack.SeqNo);
        if (transaction.Now.Find(id) is not { } conversation || transaction.Messages.Any(message => message.ConversationId == id && message.SeqNo == seqNo)
            || (await _journal.ReadAsync(id, new SeqNoRange(seqNo, seqNo), 1)).Count > 0)
            return;
        // Kept for the connection, not only for the next message: one that is sent again may come first.
        connection.Missed[id] = Math.Max(seqNo, connection.Missed.GetValueOrDefault(id));
        transaction.Put(conversation with { Complete = conversation.Complete.Without(new SeqNoRange(seqNo, seqNo)), MaxSeqNo = Math.Max(conversation.MaxSeqNo, seqNo) });
    }

    /// <summary>An entry is in the log: what was made of it meanwhile is a change now.</summary>
    private void BecomeMessage(StateTransaction transaction, Outgoing outgoing, Message message)
    {
        Forget(transaction, outgoing.ClientMsgId);
        if (outgoing.Then is not { } then)
            return;
        if (then is ChangeContent.Edit edit)
        {
            var mentions = edit.Mentions is null || edit.Mentions.SequenceEqual(message.Mentions) ? null : edit.Mentions;
            if (edit.Text == message.Text && mentions is null)
                return;
            then = edit with { Mentions = mentions };
        }
        Put(transaction, new Outgoing
        {
            ClientMsgId = Guid.CreateVersion7(_clock.GetUtcNow()).ToString(), ConversationId = message.ConversationId, CreatedAt = outgoing.CreatedAt,
            Change = OutgoingChange.Of(message, then),
        });
    }

    /// <summary>Removes an entry.</summary>
    public void Forget(StateTransaction transaction, string clientMsgId)
    {
        transaction.RemoveOutgoing(clientMsgId);
        _inFlight.Remove(clientMsgId);
        _postponed.Remove(clientMsgId);
        _unsent.Remove(clientMsgId);
    }

    private DateTimeOffset? WaitsUntil(string clientMsgId) =>
        _inFlight.TryGetValue(clientMsgId, out var said) ? said + AckTimeout
        : _postponed.TryGetValue(clientMsgId, out var until) ? until
        : null;

    private static DateTimeOffset Earlier(DateTimeOffset? a, DateTimeOffset b) => a is { } time && time < b ? time : b;

    /// <exception cref="ChatException"><c>bad_request</c>, <c>too_large</c>: no message can be like this.</exception>
    public static void Check(MessageContent content, int files)
    {
        // Checked here: what is in the outbox must be sendable.
        int bytes;
        try
        {
            bytes = new UTF8Encoding(false, throwOnInvalidBytes: true).GetByteCount(content.Text);
        }
        catch (EncoderFallbackException e)
        {
            throw new ChatException(ErrorCodes.BadRequest, "The text contains half of a surrogate pair.", cause: e);
        }
        if (bytes == 0 && content.Media.Count + files == 0)
            throw new ChatException(ErrorCodes.BadRequest, "A message has a text, or files.");
        if (content.Media.Count + files > MessageContent.MaxMedia)
            throw new ChatException(ErrorCodes.TooLarge, $"A message has at most {MessageContent.MaxMedia} files.");
        if (content.Mentions.Count > MessageContent.MaxMentions)
            throw new ChatException(ErrorCodes.BadRequest, $"A message mentions at most {MessageContent.MaxMentions} users.");
        if (bytes > MessageContent.MaxTextBytes)
            throw new ChatException(ErrorCodes.TooLarge, $"A text is at most {MessageContent.MaxTextBytes} bytes of UTF-8.");
        if (JsonSerializer.SerializeToUtf8Bytes(content, ChatJson.Wire.MessageContent).Length > MaxJsonBytes)
            throw new ChatException(ErrorCodes.TooLarge, $"A message is at most {MaxJsonBytes} bytes of JSON.");
    }
}
