using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Cursors;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Connections;

/// <summary>A message pushed to a connection and not yet acked; an own one is passed over and waits only for those before it.</summary>
internal readonly record struct InFlightMessage(SeqNo SeqNo, MessageId Id, UserId Sender, bool Own, long PushedAt, TimeSpan ResendPause, long LastPushedAt);

/// <summary>
/// How far one connection has got in one conversation. acked ≤ pushed ≤ target: what lies between acked and pushed is in flight, what lies
/// between pushed and target is still to be read from the log. Guarded by its connection's lock.
/// </summary>
internal sealed class ConversationFeed(ConversationId conversation)
{
    private readonly List<InFlightMessage> _inFlight = [];
    private Cursor? _cursor;
    private SeqNo _start;
    private SeqNo? _droppedFrom;

    public ConversationId Conversation => conversation;

    /// <summary>Everything up to here went to the connection, or needs not to.</summary>
    public SeqNo Pushed { get; private set; }

    /// <summary>The newest message known of.</summary>
    public SeqNo Target { get; private set; }

    /// <summary>Where the drain ends: up to here the device's own messages are pushed too, as their acks may have been lost.</summary>
    public SeqNo DrainsTo { get; private set; }

    /// <summary>The drain has not got to <see cref="DrainsTo"/> yet.</summary>
    public bool Draining => Pushed < DrainsTo;

    /// <summary>It waits for its turn to be read from the log.</summary>
    public bool Queued { get; set; }

    /// <summary>Whether messages above <see cref="Target"/> may be there: the log is read until it has no more.</summary>
    public bool SeeksEnd { get; set; }

    public bool IsLoaded => _cursor is not null;

    public bool IsBehind => Pushed < Target;

    /// <summary>Nothing is owed and nothing in flight: it may be forgotten, and loaded again when there is news.</summary>
    public bool IsIdle => IsLoaded && !IsBehind && !Queued && _inFlight.Count == 0;

    /// <summary>It was idle, and is among those that may be forgotten.</summary>
    public bool InIdle { get; set; }

    /// <summary>Acks at or above a message that was dropped are ignored still.</summary>
    public bool HasDropped => _droppedFrom is not null;

    /// <summary>Others' messages in flight: they fill the connection's window.</summary>
    public int Unacked { get; private set; }

    /// <summary>Everything up to a place is delivered, or owed no more: the device's cursor, and where its user joined.</summary>
    /// <param name="cursor">The device's; passed over where there is one already.</param>
    /// <param name="start">Where the user joined; above the cursor when it has left and come back.</param>
    public void Begin(Cursor? cursor, SeqNo start)
    {
        _cursor ??= cursor;
        if (_cursor is null)
            return;
        start = SeqNo.Max(SeqNo.Max(start, _start), _cursor.Delivered);
        if (start > _cursor.Delivered)
            Settle(start, []);
        _cursor.Deliver(start);
        Advance(start);
    }

    public void Extend(SeqNo target) => Target = SeqNo.Max(Target, target);

    public void DrainTo(DrainSpan span)
    {
        _start = SeqNo.Max(_start, span.Start);
        DrainsTo = span.Head;
        Extend(span.Head);
    }

    /// <summary>Where the next read from the log begins.</summary>
    /// <param name="cursor">The device's; null where the feed has it already.</param>
    public SeqNo ReadAfter(Cursor? cursor) => SeqNo.Max(Pushed, SeqNo.Max(_start, cursor?.Delivered ?? SeqNo.None));

    /// <summary>Takes note of the next message as pushed.</summary>
    public void Push(LoggedMessage message, long now, TimeSpan resendPause)
    {
        _inFlight.Add(new InFlightMessage(message.SeqNo, message.Id, message.Sender.User, Own: false, now, resendPause, now));
        Unacked++;
        Advance(message.SeqNo);
    }

    /// <summary>Passes over the next message, which is the device's own: it has the ack of its command.</summary>
    public void PassOver(LoggedMessage message)
    {
        var own = new InFlightMessage(message.SeqNo, message.Id, message.Sender.User, Own: true, 0, TimeSpan.Zero, 0);
        if (_inFlight.Count == 0)
            _cursor!.Deliver(message.SeqNo);
        else if (_inFlight[^1].Own)
            // One entry for a row of them, or a device that sends and never acks would fill the memory.
            _inFlight[^1] = own;
        else
            _inFlight.Add(own);
        Advance(message.SeqNo);
    }

    /// <summary>The device has everything up to a place. Above what was dropped it cannot know: such an ack is ignored.</summary>
    /// <param name="seqNo">At or below <see cref="Target"/>.</param>
    /// <param name="acked">Receives the messages in flight that this acks, ascending.</param>
    /// <returns>Whether the ack counts.</returns>
    public bool Ack(SeqNo seqNo, List<InFlightMessage> acked)
    {
        if (_droppedFrom is { } dropped && seqNo >= dropped)
            return false;
        Settle(seqNo, acked);
        // What the client fetched by itself needs no push; own messages right behind are passed over with it.
        Advance(seqNo);
        _cursor!.Deliver(acked.Count > 0 ? SeqNo.Max(seqNo, acked[^1].SeqNo) : seqNo);
        return true;
    }

    /// <summary>Goes back to the cursor, as events that waited were dropped; <paramref name="firstDropped"/> is the lowest of this conversation's.</summary>
    public void RollBack(SeqNo? firstDropped)
    {
        Queued = SeeksEnd = InIdle = false;
        if (!IsLoaded)
            return;
        _inFlight.Clear();
        Unacked = 0;
        Pushed = _cursor!.Delivered;
        DrainsTo = SeqNo.None;
        if (firstDropped is { } dropped && dropped > Pushed && (_droppedFrom is null || dropped < _droppedFrom))
            _droppedFrom = dropped;
    }

    /// <summary>The span of messages whose ack is overdue; their next pause is twice as long.</summary>
    public (SeqNo First, SeqNo Last)? TakeOverdue(Func<long, TimeSpan> elapsedSince, long now, TimeSpan longestPause)
    {
        (SeqNo First, SeqNo Last)? span = null;
        for (var i = 0; i < _inFlight.Count; i++)
        {
            var message = _inFlight[i];
            if (message.Own || elapsedSince(message.LastPushedAt) < message.ResendPause)
                continue;
            span = (span?.First ?? message.SeqNo, message.SeqNo);
            var pause = message.ResendPause * 2;
            _inFlight[i] = message with { LastPushedAt = now, ResendPause = pause < longestPause ? pause : longestPause };
        }
        return span;
    }

    public bool IsInFlight(SeqNo seqNo) => _inFlight.Exists(message => message.SeqNo == seqNo && !message.Own);

    private void Settle(SeqNo upTo, List<InFlightMessage> settled)
    {
        var count = 0;
        while (count < _inFlight.Count && (_inFlight[count].SeqNo <= upTo || _inFlight[count].Own))
        {
            var message = _inFlight[count++];
            settled.Add(message);
            if (!message.Own)
                Unacked--;
        }
        _inFlight.RemoveRange(0, count);
    }

    private void Advance(SeqNo seqNo)
    {
        Pushed = SeqNo.Max(Pushed, seqNo);
        Extend(seqNo);
        if (_droppedFrom <= Pushed)
            _droppedFrom = null;
    }
}
