using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Groups.Contracts;

namespace Chat.Modules.Delivery.Connections;

/// <summary>
/// The drain of one connection: finds what waits for its device in every conversation, queues it to be read from the log, and then sends <c>caughtUp</c>.
/// Runs again after a resync, if the user was removed from a conversation meanwhile, and if this node may have missed a message of another one.
/// </summary>
/// <remarks>Call all but <see cref="RunAsync"/> under the connection's gate.</remarks>
internal sealed class Drain(Lock gate, DeviceAddress device, SendQueue sendQueue, SendWindow window, ConnectionServices services)
{
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _owesCaughtUp;
    private bool _hasToldCaughtUp;
    private int _removals;
    private int _found;

    /// <summary>It must run.</summary>
    public bool IsDue { get; private set; } = true;

    /// <summary>Everything that the drain found was pushed, and <c>caughtUp</c> is not sent yet.</summary>
    public bool IsCaughtUp => _owesCaughtUp && window.IsDrained;

    /// <summary>Completes when the first drain has found what waits, or when the connection ended. May be awaited on any thread.</summary>
    public Task First => _first.Task;

    /// <summary>How often the user was removed from a conversation. If it has changed since a read of the log, the user may not be allowed to see the result. May be read on any thread.</summary>
    public int Removals => Volatile.Read(ref _removals);

    /// <summary>How often it has found what waits. What was read of the log before that may lack changes which the drain takes for read. May be read on any thread.</summary>
    public int Found => Volatile.Read(ref _found);

    /// <summary>It waits, until the other nodes know of the connection.</summary>
    public bool IsHeld { get; private set; }

    public void Hold() => IsHeld = true;

    /// <returns>Whether it was held.</returns>
    public bool Begin()
    {
        var wasHeld = IsHeld;
        IsHeld = false;
        return wasHeld;
    }

    /// <summary>Begins anew, and owes <c>caughtUp</c> again.</summary>
    public void Restart()
    {
        _hasToldCaughtUp = false;
        Again();
    }

    /// <summary>Looks again for what has not been pushed. A client that has been told <c>caughtUp</c> is not told again.</summary>
    public void Again()
    {
        IsDue = true;
        _owesCaughtUp = false;
    }

    public void CaughtUpTaken() => (_owesCaughtUp, _hasToldCaughtUp) = (false, true);

    public void End() => _first.TrySetResult();

    /// <summary>The user is no longer a member of the conversation: nothing more of it is sent, and its messages in flight are removed.</summary>
    public void Leave(ConversationId conversation)
    {
        _removals++;
        window.Remove(conversation);
    }

    public async Task RunAsync(CancellationToken ct)
    {
        int removals;
        bool isFirst;
        lock (gate)
            (IsDue, removals, isFirst) = (false, _removals, !_hasToldCaughtUp);
        var toPush = new DrainList();
        var toHint = new List<ConversationStart>();
        foreach (var start in await services.Starts.OpenAsync(device, ct))
        {
            if (start.Head <= start.Start)
                continue;
            if (start.MemberCount <= services.Options.PushThreshold)
                toPush.Add(start.Conversation, new DrainSpan(start.Start, start.Head, WithOwn: isFirst));
            // Their log is not read, so check here whether the user was removed since the drain began.
            else if (await services.Mediator.Send(new GetMembership(start.Conversation, device.User), ct) is not null)
                toHint.Add(start);
        }
        foreach (var start in toHint)
        {
            lock (gate)
            {
                if (IsDue || _removals != removals)
                    break;
                // It may have been pushed while it was smaller; messages dropped then must not block its acks.
                window.Remove(start.Conversation);
                sendQueue.Add(new AdvancedEvent(start.Conversation, start.Head));
            }
        }
        lock (gate)
        {
            _first.TrySetResult();
            // After a concurrent resync, dropped messages may be above the heads found here; after a removal, the user may have left one of these.
            IsDue |= _removals != removals;
            if (IsDue)
                return;
            _owesCaughtUp = isFirst;
            window.Drain(toPush);
            _found++;
        }
    }
}
