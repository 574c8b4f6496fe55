using System.Collections.Concurrent;
using System.Threading.Channels;

namespace Chat.Client.Tests.Fakes;

/// <summary>
/// A server in memory behind <see cref="ITransport"/> and REST: a log, one user's device with its cursors, and switches for every fault. As it
/// stands it behaves by the contract.
/// </summary>
internal sealed partial class FakeServer(TimeProvider clock)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<Message>> _log = [];
    private readonly Dictionary<string, long> _cursors = [];
    private readonly Dictionary<string, long> _reads = [];
    private readonly Dictionary<string, Message> _attempts = [];
    private int _tokens;

    /// <summary>All frames that clients have said, on all connections.</summary>
    public ConcurrentQueue<IClientFrame> Said { get; } = new();

    /// <summary>All connections ever made, in order.</summary>
    public ConcurrentQueue<FakeTransport> Connections { get; } = new();

    public string Epoch { get; set; } = "e1";

    /// <summary>Answers a message instead of the log; null for no answer.</summary>
    public Func<SendFrame, ServerFrame?>? Answer { get; set; }

    /// <summary>Messages are stored, and their acks get lost.</summary>
    public bool LosesAcks { get; set; }

    /// <summary>Said instead of accepting a connection.</summary>
    public ChatException? RefusesConnections { get; set; }

    /// <summary>A connection is caught up at once, whatever waits: as with a large channel.</summary>
    public bool DrainsNothing { get; set; }

    /// <summary>Whether refresh tokens are taken; else 401.</summary>
    public bool KnowsSession { get; set; } = true;

    /// <summary>A fault of REST: the exception instead of an answer.</summary>
    public Exception? RestFault { get; set; }

    public int Refreshes { get; set; }

    /// <summary>The refresh tokens that were given back.</summary>
    public List<string> LoggedOut { get; } = [];

    /// <summary>Messages that the list counts as unread beyond its own last one.</summary>
    public int UnreadToo { get; set; }

    public string CurrentToken => $"access-{_tokens}";

    /// <summary>The groups, by id, with titles.</summary>
    public Dictionary<string, string> Groups { get; } = [];

    /// <summary>Groups that moved between two pages of the list, and are on none of them.</summary>
    public HashSet<string> NotListed { get; } = [];

    public FakeTransport Current => Connections.Last();

    public ITransport NewTransport() => new FakeTransport(this);

    public TokenPair NextTokens()
    {
        lock (_gate)
            return new TokenPair($"access-{++_tokens}", $"refresh-{_tokens}", 900);
    }

    /// <summary>A message of the log, without pushing it.</summary>
    public Message Append(string conversation, string sender, string text, string? clientMsgId = null, long? seqNo = null) =>
        Append(conversation, sender, new MessageContent(text), clientMsgId, seqNo);

    public Message Append(string conversation, string sender, MessageContent content, string? clientMsgId = null, long? seqNo = null)
    {
        lock (_gate)
        {
            if (clientMsgId is not null && _attempts.TryGetValue(clientMsgId, out var first))
                return first;
            if (!_log.TryGetValue(conversation, out var log))
                _log[conversation] = log = [];
            var place = seqNo ?? Top(conversation) + 1;
            var message = new Message(content)
            {
                MessageId = $"{conversation}/{place}/{Epoch}", ConversationId = conversation, SeqNo = place, SenderId = sender, Timestamp = Now,
                ClientMsgId = clientMsgId,
            };
            log.Add(message);
            if (clientMsgId is not null)
                _attempts[clientMsgId] = message;
            return message;
        }
    }

    /// <summary>A message of the log, pushed to the connection that is open.</summary>
    public Message Push(string conversation, string sender, string text, string? clientMsgId = null, int skipped = 0) =>
        Push(conversation, sender, new MessageContent(text), clientMsgId, skipped);

    public Message Push(string conversation, string sender, MessageContent content, string? clientMsgId = null, int skipped = 0)
    {
        lock (_gate)
        {
            var message = Append(conversation, sender, content, clientMsgId, Top(conversation) + 1 + skipped);
            Current.Push(new MessageArrived(message));
            return message;
        }
    }

    /// <summary>Messages that a connection was too slow for, and what follows.</summary>
    public void Drop(string conversation, string sender, params string[] texts)
    {
        lock (_gate)
        {
            foreach (var text in texts)
                Append(conversation, sender, text);
            Current.Push(new Resync());
            Drain(Current);
        }
    }

    /// <summary>A message whose sender has thrown it away here: its ack comes, sooner or later.</summary>
    public void AckForgotten(string conversation, string text, bool late)
    {
        lock (_gate)
        {
            var message = Append(conversation, Rig.Me, text, text);
            if (late)
                Push(conversation, "bob", $"before the ack of {text}");
            Current.Push(AckOf(message));
        }
    }

    /// <summary>The device is cut off and its cursor is lost; what is written meanwhile it is not sent any more.</summary>
    public void PassOver(string conversation, string sender, params string[] texts)
    {
        lock (_gate)
        {
            Current.Close();
            foreach (var text in texts)
                Append(conversation, sender, text);
            _cursors[conversation] = Top(conversation);
        }
    }

    /// <summary>A new connection gets its welcome and what waits, and all that comes later behind it.</summary>
    public void Accept(FakeTransport connection)
    {
        lock (_gate)
        {
            Connections.Enqueue(connection);
            connection.Push(new Welcome(Rig.Me, "d", Epoch));
            if (DrainsNothing)
                connection.Push(new CaughtUp());
            else
                Drain(connection);
        }
    }

    /// <summary>Everything is gone: a restore from an older backup.</summary>
    public void LoseData(string epoch)
    {
        lock (_gate)
        {
            _log.Clear();
            _cursors.Clear();
            _reads.Clear();
            _attempts.Clear();
            _changes.Clear();
            _settings.Clear();
            Epoch = epoch;
        }
    }

    /// <summary>The messages that alice has not cleared, in their present state.</summary>
    public IReadOnlyList<Message> Log(string conversation)
    {
        lock (_gate)
            return _log.TryGetValue(conversation, out var log) ? [.. log.Where(message => message.SeqNo > ClearedUpTo(conversation)).Select(Present)] : [];
    }

    public long Cursor(string conversation)
    {
        lock (_gate)
            return _cursors.GetValueOrDefault(conversation);
    }

    public void SetCursor(string conversation, long seqNo)
    {
        lock (_gate)
            _cursors[conversation] = seqNo;
    }

    public long Read(string conversation)
    {
        lock (_gate)
            return _reads.GetValueOrDefault(conversation);
    }

    public void SetRead(string conversation, long seqNo)
    {
        lock (_gate)
            _reads[conversation] = seqNo;
    }

    public ConversationList List(string me, bool archived = false)
    {
        lock (_gate)
        {
            var all = _log.Keys.Union(Groups.Keys).Where(id => !NotListed.Contains(id) && (!ConversationIds.IsGroup(id) || Groups.ContainsKey(id)));
            return new ConversationList([.. all.Where(id => IsIn(id, archived)).Select(id => Summary(id, me))], Epoch);
        }
    }

    public Page PageAfter(string conversation, long after, int limit)
    {
        lock (_gate)
        {
            long[] places = [.. Places(conversation).Where(place => place > after).Take(limit)];
            return PageOf(conversation, places) with { NextAfter = places.Length == limit ? places[^1] : Top(conversation) };
        }
    }

    public Page PageBefore(string conversation, long before, int limit)
    {
        lock (_gate)
        {
            long[] places = [.. Places(conversation).Where(place => place < before).TakeLast(limit)];
            return PageOf(conversation, places) with { NextBefore = places.Length == limit && places[0] > 1 ? places[0] : null };
        }
    }

    /// <summary>What the device has not acked, and then that this was all.</summary>
    public void Drain(FakeTransport connection)
    {
        lock (_gate)
        {
            foreach (var id in _log.Keys.Union(_changes.Keys))
            {
                foreach (var frame in Waiting(id, _cursors.GetValueOrDefault(id)))
                    connection.Push(frame);
            }
        }
        connection.Push(new CaughtUp());
    }

    public void Take(FakeTransport connection, IClientFrame frame, string me)
    {
        Said.Enqueue(frame);
        switch (frame)
        {
            case SendFrame send when Answer is { } answer:
                if (answer(send) is { } said)
                    connection.Push(said);
                break;
            case SendFrame send:
                var sent = Append(send.To, me, send, send.ClientMsgId);
                if (!LosesAcks)
                    connection.Push(AckOf(sent));
                break;
            case ChangeFrame change:
                TakeChange(connection, change, me);
                break;
            case AckFrame ack:
                lock (_gate)
                {
                    _cursors[ack.ConversationId] = Math.Max(ack.SeqNo, _cursors.GetValueOrDefault(ack.ConversationId));
                    if (ack.Status == AckStatus.Read)
                        _reads[ack.ConversationId] = Math.Max(ack.SeqNo, _reads.GetValueOrDefault(ack.ConversationId));
                }
                break;
        }
    }

    public static SentAck AckOf(Message message) =>
        new(message.ClientMsgId!, message.MessageId, message.ConversationId, message.SeqNo, message.Timestamp);

    private ConversationSummary Summary(string id, string me)
    {
        var log = Log(id);
        var read = _reads.GetValueOrDefault(id);
        var others = log.Where(message => message.SeqNo > read && message.SenderId != me && message.Deleted is null).ToList();
        var unread = others.Count;
        return new ConversationSummary(
            id, Top(id), _cursors.GetValueOrDefault(id), read, Math.Min(unread + UnreadToo, 100), unread > 100,
            Groups.GetValueOrDefault(id), log.Count == 0 ? null : log[^1]) { Settings = SettingsOf(id), UnreadMentions = Math.Min(others.Count(message => message.MentionsUser(me)), 100) };
    }
}

/// <summary>One connection to a <see cref="FakeServer"/>.</summary>
internal sealed class FakeTransport(FakeServer server) : ITransport
{
    private readonly Channel<ServerFrame> _frames = Channel.CreateUnbounded<ServerFrame>();
    private readonly ConcurrentQueue<MessageArrived> _pushed = new();

    public string Token { get; private set; } = "";

    /// <summary>The routing hint.</summary>
    public string? UserId { get; private set; }

    public bool IsClosed { get; private set; }

    /// <summary>The messages that this connection was sent, in order.</summary>
    public MessageArrived[] Pushed => [.. _pushed];

    /// <summary>What this connection was told, in order.</summary>
    public ConcurrentQueue<IClientFrame> Said { get; } = new();

    public ChannelReader<ServerFrame> Frames => _frames.Reader;

    public ConnectionEnd End { get; private set; } = new(CloseReason.Lost, "closed here");

    public Task ConnectAsync(Caller caller, CancellationToken ct)
    {
        (UserId, Token) = (caller.UserId, caller.Token ?? "");
        if (server.RefusesConnections is { } refusal)
            throw refusal;
        if (Token != server.CurrentToken)
            throw new ChatException(ErrorCodes.Unauthenticated, "The token is refused.");
        server.Accept(this);
        return Task.CompletedTask;
    }

    public void Push(ServerFrame frame)
    {
        if (_frames.Writer.TryWrite(frame) && frame is MessageArrived message)
            _pushed.Enqueue(message);
    }

    public void Close(CloseReason reason = CloseReason.Lost)
    {
        End = new ConnectionEnd(reason, "scripted");
        IsClosed = true;
        _frames.Writer.TryComplete();
    }

    public Task SendAsync(IClientFrame frame, CancellationToken ct)
    {
        if (IsClosed)
            throw new ChatException(ErrorCodes.Network, "gone");
        Said.Enqueue(frame);
        server.Take(this, frame, Rig.Me);
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        IsClosed = true;
        _frames.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }
}
