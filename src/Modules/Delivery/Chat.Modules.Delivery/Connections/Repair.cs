using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Delivery.Connections;

/// <summary>Sends a device the messages above its <c>lastSeenSeqNo</c>, at most a page. If more are missing, or there is no room, the connection resyncs.</summary>
internal sealed class Repair(
    Lock gate, DeviceAddress device, SendQueue sendQueue, SendWindow window, Drain drain, Resync resync, MessagePusher pusher, ConnectionServices services)
{
    public async ValueTask RunAsync(ConversationId conversation, SeqNo lastSeen, CancellationToken ct)
    {
        // A new device has no cursor before that.
        await drain.First.WaitAsync(ct);
        while (!await TryRunAsync(conversation, lastSeen, ct))
        {
        }
    }

    /// <summary>False if the user was removed from a conversation during the read: it may have been this one. Or if a drain has found what waits meanwhile.</summary>
    private async ValueTask<bool> TryRunAsync(ConversationId conversation, SeqNo lastSeen, CancellationToken ct)
    {
        var (removals, found) = (drain.Removals, drain.Found);
        var page = services.Options.RepairPage;
        if (await services.Log.ReadAsync(conversation, device.User, lastSeen, page + 1, 2 * services.Options.MaxPendingBytes, ct) is not { } read)
            return true;
        var missing = read.Messages.Where(message => !message.IsSentBy(device)).ToList();
        if (missing.Count == 0)
            return true;
        var isLarge = await services.IsLargeAsync(conversation, ct);
        var cursor = await services.CursorOfAsync(device, conversation, ct);
        lock (gate)
        {
            if (drain.Removals != removals || drain.Found != found)
                return false;
            if (resync.IsPending)
                return true;
            var isLong = read.Messages.Count > page || read.Messages.Sum(message => (long)message.MaxJsonBytes()) > services.Options.MaxPendingBytes;
            if (isLong || !sendQueue.HasRoom)
            {
                resync.Begin();
            }
            else if (isLarge)
            {
                missing.ForEach(message => pusher.Send(message, read));
            }
            else
            {
                var follows = window.Get(conversation);
                window.Load(follows, cursor, read.Membership.JoinedAt);
                missing.FindAll(message => message.SeqNo <= follows.Pushed).ForEach(message => pusher.Send(message, read));
                pusher.PushRead(follows, read);
            }
        }
        return true;
    }
}
