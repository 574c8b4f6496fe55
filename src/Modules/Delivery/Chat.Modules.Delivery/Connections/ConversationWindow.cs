using System.Runtime.InteropServices;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Cursors;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Connections;

/// <summary>
/// A message pushed to a connection and not yet acked. What is not pushed, such as the device's own messages, is kept only until what is before it is acked; a change until
/// it is acked itself, but it is not sent again on this connection. Several such in a row are one entry.
/// </summary>
internal readonly record struct InFlightMessage(SeqNo SeqNo, MessageId Id, UserId Sender, bool Own, long PushedAt, TimeSpan ResendPause, long LastPushedAt)
{
    /// <summary>The newest change in an entry that is <see cref="Own"/>: it counts as acked from here on. <see cref="SeqNo.None"/> if there is none.</summary>
    public SeqNo Change { get; init; }
}

/// <summary>
/// The state of one conversation on one connection: acked ≤ pushed ≤ head. Messages between acked and pushed are in flight; those between pushed and head
/// are still to be read from the log. Guarded by the connection's gate.
/// </summary>
internal sealed class ConversationWindow(ConversationId conversation)
{
    private readonly List<InFlightMessage> _inFlight = [];
    private Cursor? _cursor;
    private SeqNo _start;
    private SeqNo _drainsFrom;
    private SeqNo? _droppedFrom;

    public ConversationId Conversation => conversation;

    /// <summary>Everything up to here was sent, or need not be sent.</summary>
    public SeqNo Pushed { get; private set; }

    /// <summary>The newest known message.</summary>
    public SeqNo Head { get; private set; }

    /// <summary>Where the drain ends. Up to here the device's own messages are pushed too, since their acks may have been lost.</summary>
    public SeqNo DrainsTo { get; private set; }

    /// <summary>The drain has not reached <see cref="DrainsTo"/> yet.</summary>
    public bool IsDraining => Pushed < DrainsTo;

    /// <summary>It is in the queue of conversations to read from the log.</summary>
    public bool IsQueued { get; set; }

    /// <summary>A page of it is being read from the log.</summary>
    public bool IsReading { get; set; }

    /// <summary>There may be messages above <see cref="Head"/>: the log is read until it has no more.</summary>
    public bool ReadsToEnd { get; set; }

    /// <summary>The device's cursor is known.</summary>
    public bool IsLoaded => _cursor is not null;

    public bool HasUnpushed => Pushed < Head;

    /// <summary>
    /// Nothing is unpushed, being read or to be sent again: the window may be dropped, and is loaded again when a message comes. Changes that were not acked are then pushed again.
    /// </summary>
    public bool IsIdle => IsLoaded && !HasUnpushed && !IsQueued && !IsReading && Unacked == 0;

    /// <summary>It is in the queue of idle windows.</summary>
    public bool IsInIdleQueue { get; set; }

    /// <summary>A resync dropped messages of it; acks at or above them are ignored.</summary>
    public bool HasDropped => _droppedFrom is not null;

    /// <summary>Messages of others in flight. They count against the connection's limit.</summary>
    public int Unacked { get; private set; }

    /// <summary>Sets the cursor: nothing up to it, or up to <paramref name="start"/>, is still to be sent.</summary>
    /// <param name="cursor">The device's cursor; ignored if the window is loaded.</param>
    /// <param name="start">Where the user joined; above the cursor if the user left and joined again.</param>
    public void Load(Cursor? cursor, SeqNo start)
    {
        _cursor ??= cursor;
        if (_cursor is null)
            return;
        start = SeqNo.Max(SeqNo.Max(start, _start), _cursor.Delivered);
        if (start > _cursor.Delivered)
            Settle(start, []);
        _cursor.Deliver(start);
        Advance(start);
        _drainsFrom = SeqNo.Max(_drainsFrom, start);
    }

    public void RaiseHead(SeqNo head) => Head = SeqNo.Max(Head, head);

    public void DrainTo(DrainSpan span)
    {
        _start = SeqNo.Max(_start, span.Start);
        if (span.WithOwn)
            (DrainsTo, _drainsFrom) = (span.Head, Pushed);
        RaiseHead(span.Head);
    }

    /// <summary>
    /// Whether the drain sends the change's target, in a state that has the change: it reads the target when the change is in the log already. And the message that began
    /// the target's thread, which has a deletion in its state, too, and stands below it.
    /// </summary>
    public bool SendsInState(LoggedMessage change) =>
        change.SeqNo <= DrainsTo && change.Content.Change is { } made && (change.Content.Thread ?? made.Target).SeqNo > _drainsFrom;

    /// <summary>Where the next read from the log begins.</summary>
    /// <param name="cursor">The device's cursor; null if the window is loaded.</param>
    public SeqNo ReadAfter(Cursor? cursor) => SeqNo.Max(Pushed, SeqNo.Max(_start, cursor?.Delivered ?? SeqNo.None));

    /// <summary>The next message was pushed.</summary>
    public void Push(LoggedMessage message, long now, TimeSpan resendPause)
    {
        _inFlight.Add(new InFlightMessage(message.SeqNo, message.Id, message.Sender.User, Own: false, now, resendPause, now));
        Unacked++;
        Advance(message.SeqNo);
    }

    /// <summary>The next message is not pushed: it is the device's own, which has the ack of its command, or is not shown.</summary>
    public void Skip(LoggedMessage message) => Pass(message, change: SeqNo.None);

    /// <summary>The next entry is a change, and was pushed.</summary>
    public void PushChange(LoggedMessage change) => Pass(change, change.SeqNo);

    /// <summary>The device has everything up to a seqNo. An ack at or above a dropped message is ignored: the device cannot have that message.</summary>
    /// <param name="seqNo">At or below <see cref="Head"/>.</param>
    /// <param name="acked">Receives the messages in flight that this acks, ascending.</param>
    /// <returns>Whether the ack counts.</returns>
    public bool Ack(SeqNo seqNo, List<InFlightMessage> acked)
    {
        if (_droppedFrom is { } dropped && seqNo >= dropped)
            return false;
        Settle(seqNo, acked);
        // What the client fetched by itself needs no push, and may have been fetched before the drain. Own messages right after it count as acked too.
        if (seqNo > Pushed)
            _drainsFrom = SeqNo.Max(_drainsFrom, seqNo);
        Advance(seqNo);
        _cursor!.Deliver(acked.Count > 0 ? SeqNo.Max(seqNo, acked[^1].SeqNo) : seqNo);
        return true;
    }

    /// <summary>Goes back to the cursor, because waiting events were dropped. <paramref name="firstDropped"/> is the lowest one of this conversation.</summary>
    public void RollBack(SeqNo? firstDropped)
    {
        IsQueued = ReadsToEnd = IsInIdleQueue = false;
        if (!IsLoaded)
            return;
        _inFlight.Clear();
        Unacked = 0;
        Pushed = _cursor!.Delivered;
        DrainsTo = SeqNo.None;
        if (firstDropped is { } dropped && dropped > Pushed && (_droppedFrom is null || dropped < _droppedFrom))
            _droppedFrom = dropped;
    }

    /// <summary>The range of messages whose ack is overdue. The pause until each is overdue again doubles.</summary>
    public (SeqNo First, SeqNo Last)? TakeOverdue(TimeProvider clock, TimeSpan longestPause)
    {
        (SeqNo First, SeqNo Last)? span = null;
        var now = clock.GetTimestamp();
        for (var i = 0; i < _inFlight.Count; i++)
        {
            var message = _inFlight[i];
            if (message.Own || clock.GetElapsedTime(message.LastPushedAt, now) < message.ResendPause)
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
        for (; count < _inFlight.Count && (_inFlight[count].SeqNo <= upTo || (_inFlight[count].Own && _inFlight[count].Change <= upTo)); count++)
            Unacked -= _inFlight[count].Own ? 0 : 1;
        settled.AddRange(CollectionsMarshal.AsSpan(_inFlight)[..count]);
        _inFlight.RemoveRange(0, count);
    }

    private void Pass(LoggedMessage entry, SeqNo change)
    {
        var passed = new InFlightMessage(entry.SeqNo, entry.Id, entry.Sender.User, Own: true, 0, TimeSpan.Zero, 0) { Change = change };
        if (_inFlight.Count == 0 && change == SeqNo.None)
            _cursor!.Deliver(entry.SeqNo);
        else if (_inFlight.Count > 0 && _inFlight[^1].Own)
            // One entry for several in a row; otherwise a device that sends and never acks would fill the memory.
            _inFlight[^1] = passed with { Change = SeqNo.Max(change, _inFlight[^1].Change) };
        else
            _inFlight.Add(passed);
        Advance(entry.SeqNo);
    }

    private void Advance(SeqNo seqNo)
    {
        Pushed = SeqNo.Max(Pushed, seqNo);
        RaiseHead(seqNo);
        if (_droppedFrom <= Pushed)
            _droppedFrom = null;
    }
}
