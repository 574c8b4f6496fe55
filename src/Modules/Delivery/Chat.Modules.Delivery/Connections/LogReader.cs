using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Connections;

/// <summary>Reads messages from the log for one connection: those not pushed yet, and those not acked in time. Run by the pump.</summary>
internal sealed class LogReader(
    Lock gate, DeviceAddress device, SendQueue sendQueue, SendWindow window, Drain drain, MessagePusher pusher, ConnectionServices services)
{
    private const int PageSize = 64;

    // More would not fit into the send queue.
    private int PageBytes => services.Options.MaxPendingBytes / 2;

    /// <summary>Reads a page of the next conversation that has unpushed messages.</summary>
    /// <exception cref="StoreUnavailableException">The conversation stays queued.</exception>
    public async ValueTask ReadNextAsync(CancellationToken ct)
    {
        ConversationWindow? next;
        lock (gate)
            next = window.TakeToRead();
        if (next is null)
            return;
        try
        {
            await ReadAsync(next, ct);
        }
        catch (StoreUnavailableException)
        {
            lock (gate)
            {
                next.ReadsToEnd = true;
                if (window.Has(next))
                    window.QueueToRead(next);
            }
            throw;
        }
        finally
        {
            lock (gate)
                window.EndRead(next);
        }
    }

    /// <summary>Sends the next overdue messages again; after a resync there may be none.</summary>
    public async ValueTask ResendAsync(CancellationToken ct)
    {
        OverdueMessages overdue;
        lock (gate)
        {
            if (!window.TryTakeOverdue(out overdue))
                return;
        }
        var conversation = overdue.Window.Conversation;
        var after = new SeqNo(overdue.First.Value - 1);
        if (await services.Log.ReadAsync(conversation, device.User, after, services.Options.UnackedWindow, PageBytes, ct) is not { } read)
        {
            Leave(conversation);
            return;
        }
        var resent = 0;
        lock (gate)
        {
            if (!window.Has(overdue.Window))
                return;
            window.Load(overdue.Window, null, read.Membership.JoinedAt);
            var next = overdue.First;
            foreach (var message in read.Messages)
            {
                next = message.SeqNo;
                if (next > overdue.Last || !sendQueue.HasRoomForMessages)
                    break;
                next = next.Next;
                if (!overdue.Window.IsInFlight(message.SeqNo))
                    continue;
                pusher.Send(message, read);
                resent++;
            }
            if (read.Messages.Count > 0 && next <= overdue.Last)
                window.QueueOverdue(overdue with { First = next });
        }
        services.Metrics.Resent(resent);
    }

    private async ValueTask ReadAsync(ConversationWindow next, CancellationToken ct)
    {
        if (!next.IsLoaded && await services.IsLargeAsync(next.Conversation, ct))
        {
            await HintAsync(next.Conversation, ct);
            return;
        }
        var cursor = next.IsLoaded ? null : await services.CursorOfAsync(device, next.Conversation, ct);
        int limit;
        SeqNo after;
        bool readsToEnd;
        lock (gate)
        {
            (limit, after) = (Math.Clamp(window.Room, 1, PageSize), next.ReadAfter(cursor));
            (readsToEnd, next.ReadsToEnd) = (next.ReadsToEnd, false);
        }
        if (await services.Log.ReadAsync(next.Conversation, device.User, after, limit, PageBytes, ct) is not { } read)
        {
            Leave(next.Conversation);
            return;
        }
        lock (gate)
        {
            window.Load(next, cursor, read.Membership.JoinedAt);
            pusher.PushRead(next, read);
            next.ReadsToEnd |= readsToEnd && read.Messages.Count > 0;
            // After an empty page nothing more can be read yet: the conversation's next message queues it again.
            if ((next.ReadsToEnd || (next.HasUnpushed && read.Messages.Count > 0)) && window.Has(next))
                window.QueueToRead(next);
        }
    }

    /// <summary>The user is new in a conversation above the push threshold.</summary>
    private async ValueTask HintAsync(ConversationId conversation, CancellationToken ct)
    {
        var head = await services.Mediator.Send(new GetHead(conversation), ct);
        var membership = await services.Mediator.Send(new GetMembership(conversation, device.User), ct);
        lock (gate)
        {
            window.Remove(conversation);
            if (head > membership?.JoinedAt)
                sendQueue.Add(new AdvancedEvent(conversation, head));
        }
    }

    private void Leave(ConversationId conversation)
    {
        lock (gate)
            drain.Leave(conversation);
    }
}
