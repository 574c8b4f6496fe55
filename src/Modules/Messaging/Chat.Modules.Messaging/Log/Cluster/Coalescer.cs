namespace Chat.Modules.Messaging.Log.Cluster;

/// <summary>
/// Merges the items that arrive during a request into the next one: many small statements cost the database and this server far less together than alone. A
/// request is sent at once if none of its group is in flight, or as soon as it is full, or when its first item has waited for <see cref="Patience"/>, so that a
/// node that hangs does not block others. If a request fails, its items are tried one by one.
/// </summary>
/// <param name="maxItems">The most items of a request.</param>
/// <param name="groupOf">Which items may share a request.</param>
/// <param name="send">Sends items of one group and returns their answers, in the items' order; what it throws is each item's answer.</param>
/// <param name="clock">Measures the waiting.</param>
internal sealed class Coalescer<TItem, TAnswer>(
    int maxItems, Func<TItem, long> groupOf, Func<IReadOnlyList<TItem>, Task<IReadOnlyList<TAnswer>>> send, TimeProvider clock)
{
    /// <summary>Several times the duration of a request under load. An item waits for at most twice as long.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);

    // The most requests in flight of one group: more make the database slower.
    private const int MaxRequests = 16;

    private readonly Dictionary<long, Group> _groups = [];

    public Task<TAnswer> SendAsync(TItem item)
    {
        var waiting = new Waiting(item, clock.GetTimestamp());
        var key = groupOf(item);
        Group? group;
        lock (_groups)
        {
            if (!_groups.TryGetValue(key, out group))
                _groups.Add(key, group = new Group());
            group.Waiting.Enqueue(waiting);
            if (!TryBegin(group))
            {
                if (!group.IsWatched)
                    _ = WatchAsync(key, group);
                group.IsWatched = true;
                return waiting.Answer.Task;
            }
        }
        _ = RunAsync(key, group);
        return waiting.Answer.Task;
    }

    private async Task RunAsync(long key, Group group)
    {
        while (Take(key, group) is { Count: > 0 } taken)
            await AnswerAsync(taken);
    }

    private async Task WatchAsync(long key, Group group)
    {
        while (true)
        {
            await Task.Delay(Patience, clock);
            lock (_groups)
            {
                group.IsWatched = group.Waiting.Count > 0;
                if (!group.IsWatched)
                    return;
                if (!TryBegin(group))
                    continue;
            }
            _ = RunAsync(key, group);
        }
    }

    private async Task AnswerAsync(List<Waiting> taken)
    {
        try
        {
            var answers = await send(taken.ConvertAll(waiting => waiting.Item));
            for (var i = 0; i < taken.Count; i++)
                taken[i].Answer.SetResult(answers[i]);
        }
        catch (Exception) when (taken.Count > 1)
        {
            await Task.WhenAll(taken.Select(waiting => AnswerAsync([waiting])));
        }
        catch (Exception e)
        {
            taken[0].Answer.SetException(e);
        }
    }

    // Under the lock.
    private bool TryBegin(Group group)
    {
        if (group.Requests == MaxRequests || !IsDue(group, others: group.Requests))
            return false;
        group.Requests++;
        return true;
    }

    private bool IsDue(Group group, int others) => group.Waiting.TryPeek(out var first)
        && (others == 0 || group.Waiting.Count >= maxItems || clock.GetElapsedTime(first.Since) >= Patience);

    // Does nothing if the request has ended: the rest is sent with one that is still in flight, or after it.
    private List<Waiting> Take(long key, Group group)
    {
        var taken = new List<Waiting>();
        lock (_groups)
        {
            if (IsDue(group, others: group.Requests - 1))
            {
                while (taken.Count < maxItems && group.Waiting.TryDequeue(out var next))
                    taken.Add(next);
            }
            if (taken.Count == 0 && --group.Requests == 0)
                _groups.Remove(key);
        }
        return taken;
    }

    private sealed class Group
    {
        public Queue<Waiting> Waiting { get; } = new();

        public int Requests { get; set; }

        public bool IsWatched { get; set; }
    }

    private sealed record Waiting(TItem Item, long Since)
    {
        public TaskCompletionSource<TAnswer> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
