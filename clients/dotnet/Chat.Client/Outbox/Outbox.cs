using System.Text;
using System.Text.Json;

namespace Chat.Client;

/// <summary>
/// What the user wrote and the log does not have yet. One message of a conversation is under way at a time, so that they stand in the order
/// written; conversations do not wait for each other. On the loop.
/// </summary>
internal sealed class Outbox : IDisposable
{
    private const int MaxTextBytes = 16 * 1024;
    // What a message says as JSON, so that its frame is within the server's 64 KiB: a control character is six bytes there.
    private const int MaxJsonBytes = 64_000;
    private const int MostWaiting = 1_000;
    private static readonly TimeSpan AckPatience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan DefaultPause = TimeSpan.FromSeconds(1);

    private readonly Ledger _ledger;
    private readonly Line _line;
    private readonly TimeProvider _clock;
    private readonly Alarm _alarm;

    // By clientMsgId: when what is under way was said; until when what was put off waits.
    private readonly Dictionary<string, DateTimeOffset> _said = [];
    private readonly Dictionary<string, DateTimeOffset> _putOff = [];

    public Outbox(Loop loop, Ledger ledger, Line line, Background background, TimeProvider clock)
    {
        (_ledger, _line, _clock) = (ledger, line, clock);
        _alarm = new Alarm(clock, () => background.Run("Sending", _ => loop.RunAsync(PumpAsync)));
    }

    /// <summary>Puts a message into the outbox; when this returns it is safe.</summary>
    public async Task<Outgoing> AddAsync(string to, MessageContent content)
    {
        var draft = _ledger.Begin();
        var conversationId = ConversationIds.Resolve(to, draft.Now.UserId ?? throw ChatException.NotSignedIn());
        Check(content);
        if (draft.Now.Outbox.Count >= MostWaiting)
            throw new ChatException(ErrorCodes.RateLimited, $"{MostWaiting} messages wait already.");
        var now = _clock.GetUtcNow();
        var outgoing = new Outgoing(content) { ClientMsgId = Guid.CreateVersion7(now).ToString(), ConversationId = conversationId, CreatedAt = now };
        draft.Put(outgoing);
        draft.Put(_ledger.FindOrNew(draft, conversationId));
        await _ledger.CommitAsync(draft);
        await PumpAsync();
        return outgoing;
    }

    /// <summary>Tries a refused message again, by the same name and in its old place.</summary>
    public async Task RetryAsync(string clientMsgId)
    {
        var draft = _ledger.Begin();
        if (Find(draft, clientMsgId) is not { State: OutgoingState.Failed } failed)
            return;
        draft.Put(failed with { State = OutgoingState.Waiting, Error = null });
        await _ledger.CommitAsync(draft);
        await PumpAsync();
    }

    /// <summary>Throws a refused message away.</summary>
    public async Task DiscardAsync(string clientMsgId)
    {
        var draft = _ledger.Begin();
        if (Find(draft, clientMsgId) is not { State: OutgoingState.Failed, ConversationId: var id })
            return;
        draft.RemoveOutgoing(clientMsgId);
        // A conversation that was left is there for these alone.
        if (draft.Now.Find(id) is { IsLeft: true } && draft.Now.Outbox.TrueForAll(other => other.ConversationId != id))
            draft.Remove(id);
        await _ledger.CommitAsync(draft);
    }

    /// <summary>A message is durable: it moves out of the outbox, to its place in the log.</summary>
    public async Task AckedAsync(Draft draft, SentAck ack, Link link)
    {
        if (draft.Now.UserId is not { } me)
            return;
        if (Find(draft, ack.ClientMsgId) is not { } outgoing)
        {
            await MissAsync(draft, ack, link);
            return;
        }
        var message = new Message(outgoing)
        {
            MessageId = ack.MessageId, ConversationId = ack.ConversationId, SeqNo = ack.SeqNo, SenderId = me, Timestamp = ack.Timestamp,
            ClientMsgId = ack.ClientMsgId,
        };
        draft.Put(message);
        draft.Put(_ledger.FindOrNew(draft, ack.ConversationId).With(message, new Span(ack.SeqNo, ack.SeqNo), me));
        Forget(draft, ack.ClientMsgId);
    }

    /// <summary>A message of the log; an own one that is still in the outbox is the ack that was lost.</summary>
    public void Found(Draft draft, Message message)
    {
        if (message.ClientMsgId is { } attempt && message.SenderId == draft.Now.UserId && Find(draft, attempt) is not null)
            Forget(draft, attempt);
    }

    /// <summary>The server refuses a message: for a while, or for good, and then the next one goes.</summary>
    public void Refused(Draft draft, string clientMsgId, Refusal refusal)
    {
        if (Find(draft, clientMsgId) is not { } outgoing)
            return;
        _said.Remove(clientMsgId);
        if (refusal.Code is ErrorCodes.RateLimited or ErrorCodes.Unavailable or ErrorCodes.TokenExpired or ErrorCodes.Unauthenticated)
        {
            _putOff[clientMsgId] = _clock.SteadyNow() + (refusal.RetryAfter ?? DefaultPause);
            draft.Show(outgoing with { State = OutgoingState.Waiting });
        }
        else
        {
            draft.Put(outgoing with { State = OutgoingState.Failed, Error = new OutgoingError(refusal.Code, refusal.Text) });
        }
    }

    /// <summary>Says the next message of each conversation, where none of it is under way.</summary>
    public async Task PumpAsync()
    {
        if (_line.Current is not { } link)
            return;
        var now = _clock.SteadyNow();
        DateTimeOffset? next = null;
        var draft = _ledger.Begin();
        HashSet<string> conversations = [];
        foreach (var outgoing in draft.Now.Outbox)
        {
            if (outgoing.State == OutgoingState.Failed || !conversations.Add(outgoing.ConversationId))
                continue;
            if (WaitsUntil(outgoing.ClientMsgId) is { } until && until > now)
            {
                next = Earlier(next, until);
                continue;
            }
            link.Post(new SendFrame(outgoing.ConversationId, outgoing.ClientMsgId, outgoing));
            _putOff.Remove(outgoing.ClientMsgId);
            _said[outgoing.ClientMsgId] = now;
            next = Earlier(next, now + AckPatience);
            draft.Show(outgoing with { State = OutgoingState.Sending });
        }
        _alarm.SetFor(next);
        await _ledger.CommitAsync(draft);
    }

    /// <summary>What was under way may have got lost: it is said again on the next connection.</summary>
    public async Task LinkClosedAsync()
    {
        _said.Clear();
        _alarm.SetFor(null);
        var draft = _ledger.Begin();
        foreach (var outgoing in draft.Now.Outbox)
        {
            if (outgoing.State == OutgoingState.Sending)
                draft.Show(outgoing with { State = OutgoingState.Waiting });
        }
        await _ledger.CommitAsync(draft);
    }

    public void Dispose() => _alarm.Dispose();

    private static Outgoing? Find(Draft draft, string clientMsgId) => draft.Now.Outbox.Find(outgoing => outgoing.ClientMsgId == clientMsgId);

    /// <summary>
    /// A message that is here no more is in the log. Unless another way brought it: its place is missing, and is to be fetched, not passed over.
    /// </summary>
    private async Task MissAsync(Draft draft, SentAck ack, Link link)
    {
        var (id, place) = (ack.ConversationId, ack.SeqNo);
        if (draft.Now.Find(id) is not { } conversation || draft.Messages.Any(message => message.ConversationId == id && message.SeqNo == place)
            || (await _ledger.ReadAsync(id, new Span(place, place), 1)).Count > 0)
            return;
        // Not only the next message: one that is sent again may come before it.
        link.Missed[id] = Math.Max(place, link.Missed.GetValueOrDefault(id));
        draft.Put(conversation with { Spans = conversation.Spans.Without(place), MaxSeqNo = Math.Max(conversation.MaxSeqNo, place) });
    }

    private void Forget(Draft draft, string clientMsgId)
    {
        draft.RemoveOutgoing(clientMsgId);
        _said.Remove(clientMsgId);
        _putOff.Remove(clientMsgId);
    }

    private DateTimeOffset? WaitsUntil(string clientMsgId) =>
        _said.TryGetValue(clientMsgId, out var said) ? said + AckPatience
        : _putOff.TryGetValue(clientMsgId, out var until) ? until
        : null;

    private static DateTimeOffset Earlier(DateTimeOffset? a, DateTimeOffset b) => a is { } time && time < b ? time : b;

    private static void Check(MessageContent content)
    {
        // Here and not by the server: what the outbox takes must be able to go out.
        int bytes;
        try
        {
            bytes = new UTF8Encoding(false, throwOnInvalidBytes: true).GetByteCount(content.Text);
        }
        catch (EncoderFallbackException e)
        {
            throw new ChatException(ErrorCodes.BadRequest, "The text holds half of a surrogate pair.", cause: e);
        }
        if (bytes == 0)
            throw new ChatException(ErrorCodes.BadRequest, "A message has a text.");
        if (bytes > MaxTextBytes)
            throw new ChatException(ErrorCodes.TooLarge, $"A text is at most {MaxTextBytes} bytes of UTF-8.");
        if (JsonSerializer.SerializeToUtf8Bytes(content, ChatJson.Wire.MessageContent).Length > MaxJsonBytes)
            throw new ChatException(ErrorCodes.TooLarge, $"A message is at most {MaxJsonBytes} bytes of JSON.");
    }
}
