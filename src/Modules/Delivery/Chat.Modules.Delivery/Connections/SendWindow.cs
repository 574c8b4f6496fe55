using System.Diagnostics.CodeAnalysis;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Cursors;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Connections;

/// <summary>Messages to send again, since they were not acked in time.</summary>
internal readonly record struct OverdueMessages(ConversationWindow Window, SeqNo First, SeqNo Last);

/// <summary>
/// What one connection has in flight, must send again, and must still read from the log: the windows of conversations with something to send, and their
/// sums. Guarded by the connection's gate, for which the fan-out waits: no call iterates over all windows, since a device may have a hundred thousand
/// conversations with new messages. A few calls iterate over what is in flight, which is bounded.
/// </summary>
internal sealed class SendWindow(DeliveryOptions options, TimeProvider clock)
{
    /// <summary>Beyond so many windows, idle ones are dropped.</summary>
    private const int MaxIdle = 256;

    // One read in so many starts another conversation of the drain, even if others are not read to their end.
    private const int DrainEvery = 4;

    private Dictionary<ConversationId, ConversationWindow> _windows = [];
    private DrainList _toDrain = new();

    // Null until something is added, as an idle connection keeps nothing in them.
    private Queue<ConversationWindow>? _toRead;
    private Queue<ConversationWindow>? _idle;
    private HashSet<ConversationWindow>? _unackedIn;
    private List<ConversationWindow>? _dropped;
    private Queue<OverdueMessages>? _overdue;
    private int _draining;
    private int _reads;

    public int Count => _windows.Count;

    /// <summary>Messages of others in flight.</summary>
    public int Unacked { get; private set; }

    /// <summary>Messages that may be pushed before pushing pauses (<see cref="DeliveryOptions.UnackedWindow"/>).</summary>
    public int Room => options.UnackedWindow - Unacked;

    public bool IsFull => Room <= 0;

    /// <summary>Everything that the drain found has been pushed.</summary>
    public bool IsDrained => _draining == 0 && _toDrain.Count == 0;

    /// <summary>Whether there is something to read from the log.</summary>
    public bool HasToRead => _toRead is { Count: > 0 } || _toDrain.Count > 0;

    public bool HasOverdue => _overdue is { Count: > 0 };

    public bool TryFind(ConversationId conversation, [NotNullWhen(true)] out ConversationWindow? window) => _windows.TryGetValue(conversation, out window);

    /// <summary>False if the window was removed: its holder must not push any more.</summary>
    public bool Has(ConversationWindow window) => _windows.TryGetValue(window.Conversation, out var current) && current == window;

    /// <summary>The conversation's window, created if there is none.</summary>
    public ConversationWindow Get(ConversationId conversation)
    {
        if (!_windows.TryGetValue(conversation, out var window))
        {
            DropIdle();
            _windows.Add(conversation, window = new ConversationWindow(conversation));
        }
        if (_toDrain.TryTake(conversation, out var span))
        {
            var before = SumsOf(window);
            window.DrainTo(span);
            Account(window, before);
            if (!window.IsLoaded || window.HasUnpushed)
                QueueToRead(window);
        }
        return window;
    }

    /// <inheritdoc cref="ConversationWindow.Load"/>
    /// <remarks>Ignores a window that was removed.</remarks>
    public void Load(ConversationWindow window, Cursor? cursor, SeqNo start)
    {
        if (!Has(window))
            return;
        var before = SumsOf(window);
        window.Load(cursor, start);
        Account(window, before);
    }

    /// <inheritdoc cref="ConversationWindow.Push"/>
    public void Push(ConversationWindow window, LoggedMessage message)
    {
        var before = SumsOf(window);
        window.Push(message, clock.GetTimestamp(), TimeSpan.FromMilliseconds(options.ResendAfterMs));
        Account(window, before);
    }

    /// <inheritdoc cref="ConversationWindow.Skip"/>
    public void Skip(ConversationWindow window, LoggedMessage message)
    {
        var before = SumsOf(window);
        window.Skip(message);
        Account(window, before);
    }

    /// <inheritdoc cref="ConversationWindow.PushChange"/>
    public void PushChange(ConversationWindow window, LoggedMessage change)
    {
        var before = SumsOf(window);
        window.PushChange(change);
        Account(window, before);
    }

    /// <inheritdoc cref="ConversationWindow.Ack"/>
    public bool Ack(ConversationWindow window, SeqNo seqNo, List<InFlightMessage> acked)
    {
        var before = SumsOf(window);
        var counts = window.Ack(seqNo, acked);
        Account(window, before);
        return counts;
    }

    /// <summary>Queues what was not acked in time, unless some is queued already.</summary>
    public void QueueOverdue()
    {
        if (HasOverdue || _unackedIn is null)
            return;
        foreach (var window in _unackedIn)
        {
            if (window.TakeOverdue(clock, TimeSpan.FromMilliseconds(options.ResendAtMostEveryMs)) is { } span)
                QueueOverdue(new OverdueMessages(window, span.First, span.Last));
        }
    }

    public void QueueOverdue(OverdueMessages messages) => (_overdue ??= new()).Enqueue(messages);

    public bool TryTakeOverdue(out OverdueMessages messages)
    {
        messages = default;
        return _overdue is not null && _overdue.TryDequeue(out messages);
    }

    public void QueueToRead(ConversationWindow window)
    {
        if (window.IsQueued)
            return;
        window.IsQueued = true;
        (_toRead ??= new()).Enqueue(window);
    }

    /// <summary>The next conversation to read from the log; null if the one that was next was removed.</summary>
    /// <remarks>It is not dropped before <see cref="EndRead"/>.</remarks>
    public ConversationWindow? TakeToRead()
    {
        if ((_toRead is null or { Count: 0 } || ++_reads % DrainEvery == 0) && _toDrain.TryNext(out var next))
            Get(next);
        if (_toRead is null || !_toRead.TryDequeue(out var window))
            return null;
        window.IsQueued = false;
        if (!Has(window))
            return null;
        window.IsReading = true;
        return window;
    }

    /// <summary>Call after the read of what <see cref="TakeToRead"/> returned, also if it failed.</summary>
    public void EndRead(ConversationWindow window)
    {
        window.IsReading = false;
        Account(window, SumsOf(window));
    }

    /// <summary>Sets what a drain has found.</summary>
    public void Drain(DrainList found) => _toDrain = found;

    public void Remove(ConversationId conversation)
    {
        _toDrain.TryTake(conversation, out _);
        if (!_windows.Remove(conversation, out var window))
            return;
        Unacked -= window.Unacked;
        _unackedIn?.Remove(window);
        if (window.IsDraining)
            _draining--;
    }

    /// <summary>
    /// Waiting events were dropped; the next drain finds again what must be sent. Only windows with dropped messages stay, since they must ignore acks.
    /// </summary>
    /// <param name="firstDropped">The lowest dropped message of each conversation.</param>
    public void RollBack(IReadOnlyDictionary<ConversationId, SeqNo> firstDropped)
    {
        _dropped ??= [];
        _dropped.RemoveAll(window => !window.HasDropped || !Has(window));
        foreach (var conversation in firstDropped.Keys)
        {
            if (_windows.TryGetValue(conversation, out var window) && !window.HasDropped)
                _dropped.Add(window);
        }
        _dropped.ForEach(window => window.RollBack(firstDropped.TryGetValue(window.Conversation, out var seqNo) ? seqNo : null));
        _dropped.RemoveAll(window => !window.HasDropped);
        _windows = _dropped.ToDictionary(window => window.Conversation);
        (_toRead, _idle, _unackedIn, _overdue, _toDrain) = (null, null, null, null, new());
        Unacked = _draining = 0;
    }

    private static (int Unacked, bool IsDraining) SumsOf(ConversationWindow window) => (window.Unacked, window.IsDraining);

    private void Account(ConversationWindow window, (int Unacked, bool IsDraining) before)
    {
        Unacked += window.Unacked - before.Unacked;
        if (before.Unacked == 0 && window.Unacked > 0)
            (_unackedIn ??= []).Add(window);
        else if (before.Unacked > 0 && window.Unacked == 0)
            _unackedIn?.Remove(window);
        if (before.IsDraining != window.IsDraining)
            _draining += window.IsDraining ? 1 : -1;
        if (!window.IsIdle || window.IsInIdleQueue)
            return;
        window.IsInIdleQueue = true;
        (_idle ??= new()).Enqueue(window);
    }

    // Two for each new window, so that the number falls to the limit soon.
    private void DropIdle()
    {
        for (var looks = 2; looks > 0 && _idle is not null && (_windows.Count >= MaxIdle || _idle.Count > MaxIdle) && _idle.TryDequeue(out var window); looks--)
        {
            window.IsInIdleQueue = false;
            if (window.IsIdle && Has(window))
                _windows.Remove(window.Conversation);
        }
    }
}
