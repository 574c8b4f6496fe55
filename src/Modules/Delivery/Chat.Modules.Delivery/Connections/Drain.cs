using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Groups.Contracts;

namespace Chat.Modules.Delivery.Connections;

/// <summary>
/// The drain of one connection: finds what waits for its device in every conversation, has it read from the log, and then owes
/// <c>caughtUp</c>. Begins again after a resync, and where the user was removed from a conversation meanwhile.
/// </summary>
/// <remarks>All but <see cref="RunAsync"/> is called under the connection's gate.</remarks>
internal sealed class Drain(Lock gate, DeviceAddress device, Outbox outbox, SendWindow window, ConnectionServices services)
{
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _owesCaughtUp;
    private int _removals;

    /// <summary>It is to run.</summary>
    public bool IsDue { get; private set; } = true;

    /// <summary>Everything that the drain found has been pushed, and the client has not been told.</summary>
    public bool IsCaughtUp => _owesCaughtUp && window.IsDrained;

    /// <summary>Completes when the first drain has found what waits, or the connection has ended. Any thread may wait for it.</summary>
    public Task First => _first.Task;

    /// <summary>How often the user was removed from a conversation: what was read from the log before it changed may be no longer the user's. Any thread may read it.</summary>
    public int Removals => Volatile.Read(ref _removals);

    public void Restart()
    {
        IsDue = true;
        _owesCaughtUp = false;
    }

    public void CaughtUpTaken() => _owesCaughtUp = false;

    public void End() => _first.TrySetResult();

    /// <summary>The user is no longer a member of the conversation: nothing of it is sent any more, and what is in flight makes room.</summary>
    public void Leave(ConversationId conversation)
    {
        _removals++;
        window.Remove(conversation);
    }

    public async Task RunAsync(CancellationToken ct)
    {
        int removals;
        lock (gate)
            (IsDue, removals) = (false, _removals);
        var toPush = new DrainList();
        var toHint = new List<ConversationStart>();
        foreach (var start in await services.Starts.OpenAsync(device, ct))
        {
            if (start.Head <= start.Start)
                continue;
            if (start.MemberCount <= services.Options.PushThreshold)
                toPush.Add(start.Conversation, new DrainSpan(start.Start, start.Head));
            // The log of these is not read, which would find that the user has been removed since the drain began.
            else if (await services.Mediator.Send(new GetMembership(start.Conversation, device.User), ct) is not null)
                toHint.Add(start);
        }
        foreach (var start in toHint)
        {
            lock (gate)
            {
                if (IsDue || _removals != removals)
                    break;
                // It may have been pushed when it was smaller; what was dropped of it must not hold up its acks.
                window.Remove(start.Conversation);
                outbox.Add(new AdvancedEvent(start.Conversation, start.Head));
            }
        }
        lock (gate)
        {
            _first.TrySetResult();
            // After a resync meanwhile, what was dropped may lie above the heads seen here; after a removal, the user may have left one of these.
            IsDue |= _removals != removals;
            if (IsDue)
                return;
            _owesCaughtUp = true;
            window.Drain(toPush);
        }
    }
}
