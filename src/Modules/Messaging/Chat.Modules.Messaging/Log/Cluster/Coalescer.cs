namespace Chat.Modules.Messaging.Log.Cluster;

/// <summary>
/// Makes one request out of those that come while another is under way: many small statements cost the database and this host far less
/// together than alone. A request goes at once where none of its group is under way, or as soon as it is full. Where one fails its items
/// are tried one by one: those that can be answered are.
/// </summary>
/// <param name="maxItems">Items of a request at most.</param>
/// <param name="groupOf">Which items may share a request.</param>
/// <param name="send">Sends items of one group and returns their answers, in the items' order; what it throws is each item's answer.</param>
internal sealed class Coalescer<TItem, TAnswer>(
    int maxItems, Func<TItem, long> groupOf, Func<IReadOnlyList<TItem>, Task<IReadOnlyList<TAnswer>>> send)
{
    // Of one group: more make the database slower, not faster.
    private const int MaxRequests = 16;

    private readonly Dictionary<long, Group> _groups = [];

    public Task<TAnswer> SendAsync(TItem item)
    {
        var answer = new TaskCompletionSource<TAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        var key = groupOf(item);
        Group? group;
        lock (_groups)
        {
            if (!_groups.TryGetValue(key, out group))
                _groups.Add(key, group = new Group());
            group.Waiting.Enqueue((item, answer));
            if (group.Requests == MaxRequests || (group.Requests > 0 && group.Waiting.Count < maxItems))
                return answer.Task;
            group.Requests++;
        }
        _ = RunAsync(key, group);
        return answer.Task;
    }

    private async Task RunAsync(long key, Group group)
    {
        while (Take(key, group) is { Count: > 0 } taken)
            await AnswerAsync([.. taken.Select(one => one.Item)], [.. taken.Select(one => one.Answer)]);
    }

    private async Task AnswerAsync(List<TItem> items, List<TaskCompletionSource<TAnswer>> answers)
    {
        try
        {
            var results = await send(items);
            for (var i = 0; i < answers.Count; i++)
                answers[i].SetResult(results[i]);
        }
        catch (Exception) when (items.Count > 1)
        {
            await Task.WhenAll(items.Select((item, i) => AnswerAsync([item], [answers[i]])));
        }
        catch (Exception e)
        {
            answers[0].SetException(e);
        }
    }

    // Nothing where the request is over: what waits then goes with one that is still under way.
    private List<(TItem Item, TaskCompletionSource<TAnswer> Answer)> Take(long key, Group group)
    {
        var taken = new List<(TItem, TaskCompletionSource<TAnswer>)>();
        lock (_groups)
        {
            if (group.Requests == 1 || group.Waiting.Count >= maxItems)
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
        public Queue<(TItem Item, TaskCompletionSource<TAnswer> Answer)> Waiting { get; } = new();

        public int Requests { get; set; }
    }
}
