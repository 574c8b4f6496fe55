using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Groups.Caching;

/// <summary>
/// Changes of one group take turns. Those of others do not wait for them: a turn lasts until the change's notice is in the log, or the log did not take it.
/// </summary>
internal sealed class GroupTurns
{
    /// <summary>So many changes of a group may wait for their turn.</summary>
    public const int MaxWaiting = 64;

    private readonly Lock _gate = new();

    // Under _gate. A group without a change has none.
    private readonly Dictionary<ConversationId, Queue> _queues = [];

    /// <summary>Returns when it is the caller's turn, which lasts until it is disposed; null if too many wait.</summary>
    public async Task<IDisposable?> TakeAsync(ConversationId group, CancellationToken ct)
    {
        Queue? queue;
        lock (_gate)
        {
            if (!_queues.TryGetValue(group, out queue))
                _queues.Add(group, queue = new Queue());
            if (queue.Users > MaxWaiting)
                return null;
            queue.Users++;
        }
        try
        {
            await queue.Turn.WaitAsync(ct);
        }
        catch
        {
            Leave(group, queue);
            throw;
        }
        return new Taken(this, group, queue);
    }

    private void Leave(ConversationId group, Queue queue)
    {
        lock (_gate)
        {
            if (--queue.Users > 0)
                return;
            _queues.Remove(group);
        }
        queue.Dispose();
    }

    private sealed class Queue : IDisposable
    {
        public SemaphoreSlim Turn { get; } = new(1);

        /// <summary>Who has the turn, and who waits.</summary>
        public int Users { get; set; }

        public void Dispose() => Turn.Dispose();
    }

    private sealed class Taken(GroupTurns turns, ConversationId group, Queue queue) : IDisposable
    {
        public void Dispose()
        {
            queue.Turn.Release();
            turns.Leave(group, queue);
        }
    }
}
