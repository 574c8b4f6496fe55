using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Tests.Connections;

/// <summary>
/// A device that remembers what it ever received, and checks with each event that the server may send it now. The heart of it: when a message
/// arrives, everything owed below it has arrived before. So whatever it acks, no cumulative ack passes over a message. An edit has arrived, too, when its message came in a state that
/// has it.
/// </summary>
internal sealed class ModelledDevice(World world, DeviceAddress address, bool knowsEdits = true)
{
    private readonly Lock _gate = new();
    private readonly HashSet<(ConversationId Conversation, SeqNo SeqNo)> _received = [];
    private readonly HashSet<(ConversationId Conversation, SeqNo SeqNo)> _sinceResync = [];

    // Up to which edit it has laid on what it holds.
    private readonly Dictionary<(ConversationId Conversation, SeqNo SeqNo), SeqNo> _changed = [];
    private readonly List<(ConversationId Conversation, SeqNo After, SeqNo UpTo)> _absences = [];
    private Dictionary<ConversationId, SeqNo> _headsAtDrain = [];
    private Client? _current;
    private string? _violation;

    public DeviceAddress Address => address;

    public Client? Client { get; private set; }

    /// <summary>Its socket takes everything and brings nothing: only a new connection helps.</summary>
    public bool IsHalfOpen { get; private set; }

    /// <summary>Between welcome or resync and the caughtUp that must follow.</summary>
    public bool IsDraining { get; private set; }

    public bool IsConnected => Client is { } client && world.Connections.Find(address) == client.Connection;

    public List<(ConversationId Conversation, SeqNo SeqNo)> DelayedAcks { get; } = [];

    public void Connect()
    {
        IsHalfOpen = false;
        Client = world.Connect(address, client =>
        {
            client.Arrived = item => Check(client, item);
            lock (_gate)
            {
                _current = client;
                BeginDrain();
            }
        });
    }

    public void LoseAll()
    {
        IsHalfOpen = true;
        Client!.LoseAll();
    }

    /// <summary>Its user is no member from a place on.</summary>
    public void Leave(ConversationId conversation, SeqNo after)
    {
        lock (_gate)
            _absences.Add((conversation, after, new SeqNo(SeqNo.MaxValue)));
    }

    public SeqNo JoinedAt(ConversationId conversation)
    {
        lock (_gate)
            return _absences.Where(absence => absence.Conversation == conversation).Select(absence => absence.UpTo).LastOrDefault();
    }

    /// <summary>It is again, above a place.</summary>
    public void Join(SeqNo after)
    {
        lock (_gate)
            _absences[^1] = _absences[^1] with { UpTo = after };
    }

    public SeqNo[] Received(ConversationId conversation)
    {
        lock (_gate)
            return [.. _received.Where(message => message.Conversation == conversation).Select(message => message.SeqNo).Order()];
    }

    /// <summary>Messages on this connection above the cursor: never more than the window.</summary>
    public async Task<int> UnackedAsync()
    {
        (ConversationId Conversation, SeqNo SeqNo)[] all;
        lock (_gate)
            all = [.. _sinceResync.Where(message => !IsAbsence(message.Conversation, message.SeqNo))];
        var unacked = 0;
        foreach (var (conversation, seqNo) in all)
        {
            if (seqNo.Value > await world.CursorAsync(address, conversation))
                unacked++;
        }
        return unacked;
    }

    public IEnumerable<SeqNo> Missing(ConversationId conversation, SeqNo upTo)
    {
        lock (_gate)
        {
            return [.. world.Log(conversation)
                .Where(message => message.SeqNo <= upTo && message.Sender != address && !IsAbsence(conversation, message.SeqNo) && (knowsEdits || message.IsShown))
                .Where(message => !_received.Contains((conversation, message.SeqNo)) && !IsLaidOn(message))
                .Select(message => message.SeqNo)];
        }
    }

    /// <summary>The messages that it holds without an edit of another device.</summary>
    public IEnumerable<SeqNo> Outdated(ConversationId conversation)
    {
        lock (_gate)
        {
            return [.. world.Log(conversation)
                .Where(entry => knowsEdits && entry.Content.IsChange && entry.Sender != address && !IsAbsence(conversation, entry.SeqNo))
                .Where(edit => _changed.ContainsKey((conversation, edit.Content.Change!.Target.SeqNo)) && !IsLaidOn(edit))
                .Select(edit => edit.SeqNo)];
        }
    }

    public void AssertSound() => Assert.True(_violation is null, $"{address}: {_violation}");

    private void BeginDrain()
    {
        IsDraining = true;
        _sinceResync.Clear();
        _headsAtDrain = world.Conversations.ToDictionary(conversation => conversation, world.Head);
    }

    // On the pump's thread, before the write ends.
    private void Check(Client client, ServerEvent item)
    {
        lock (_gate)
        {
            // What an older connection still brings is received, but says nothing of this one.
            var isCurrent = client == _current;
            switch (item)
            {
                case ChangeEvent when !knowsEdits:
                    break;
                case EntryEvent entry:
                    Check(entry, isCurrent);
                    break;
                case CaughtUpEvent when isCurrent:
                    if (!IsDraining)
                        _violation ??= "caughtUp a second time.";
                    foreach (var (conversation, head) in _headsAtDrain)
                    {
                        if (IsMember(conversation) && Missing(conversation, head).Any())
                            _violation ??= $"caughtUp without {conversation} {Missing(conversation, head).First()}.";
                    }
                    IsDraining = false;
                    break;
                case ResyncEvent when isCurrent:
                    BeginDrain();
                    break;
            }
        }
    }

    private void Check(EntryEvent item, bool isCurrent)
    {
        var message = item.Message;
        if (item.ToSender != (message.Sender.User == address.User))
            _violation ??= $"{message.SeqNo} shows the clientMsgId to the wrong one.";
        if (_absences.Exists(absence => absence.Conversation == message.Conversation && message.SeqNo > absence.After && message.SeqNo <= absence.UpTo
            && (absence.UpTo.Value < SeqNo.MaxValue || !IsMember(message.Conversation))))
            _violation ??= $"{message.SeqNo} was appended while the user was no member.";
        if (Missing(message.Conversation, new SeqNo(message.SeqNo.Value - 1)).Any())
            _violation ??= $"{message.Conversation} {message.SeqNo} before {Missing(message.Conversation, message.SeqNo).First()}.";
        _received.Add((message.Conversation, message.SeqNo));
        if (message.Content.Change is { } change)
            LayOn(message, change);
        else
            _changed[(message.Conversation, message.SeqNo)] =
                SeqNo.Max(_changed.GetValueOrDefault((message.Conversation, message.SeqNo)), message.State?.ChangedSeqNo ?? SeqNo.None);
        if (isCurrent && item is MessageEvent)
            _sinceResync.Add((message.Conversation, message.SeqNo));
    }

    // Dropped where it does not hold the message, which comes in its state when it comes. Its own messages it holds.
    private void LayOn(LoggedMessage edit, MessageChange change)
    {
        var target = (edit.Conversation, change.Target.SeqNo);
        if (world.Log(edit.Conversation).Any(entry => entry.SeqNo == change.Target.SeqNo && entry.Sender == address))
            _changed.TryAdd(target, SeqNo.None);
        if (_changed.TryGetValue(target, out var changed) && edit.SeqNo > changed)
            _changed[target] = edit.SeqNo;
    }

    private bool IsLaidOn(LoggedMessage entry) =>
        entry.Content.Change is { } change && _changed.GetValueOrDefault((entry.Conversation, change.Target.SeqNo)) >= entry.SeqNo;

    private bool IsMember(ConversationId conversation) => world.Members(conversation).Contains(address.User);

    // What a user need not get: from before it joined last.
    private bool IsAbsence(ConversationId conversation, SeqNo seqNo) =>
        _absences.Exists(absence => absence.Conversation == conversation && seqNo <= absence.UpTo);
}
