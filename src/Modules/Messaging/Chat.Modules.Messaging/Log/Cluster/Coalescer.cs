namespace Chat.Modules.Messaging.Log.Cluster;

/// <summary>
/// Makes one request out of those that come while a few are under way: many small statements cost the database and this host far less
/// together than alone. With nothing under way a request goes at once, by itself. Where one fails its items are tried one by one: those that
/// can be answered are.
/// </summary>
/// <param name="maxItems">Items of a request at most.</param>
/// <param name="maxRequests">Requests under way at most: fewer leave the database idle, more make the requests small.</param>
/// <param name="send">Sends items and returns their answers, in the items' order; what it throws is each item's answer.</param>
internal sealed class Coalescer<TItem, TAnswer>(
    int maxItems, int maxRequests, Func<IReadOnlyList<TItem>, Task<IReadOnlyList<TAnswer>>> send)
{
    private readonly Queue<(TItem Item, TaskCompletionSource<TAnswer> Answer)> _waiting = new();
    private int _requests;

    public Task<TAnswer> SendAsync(TItem item)
    {
        var answer = new TaskCompletionSource<TAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_waiting)
        {
            _waiting.Enqueue((item, answer));
            if (_requests == maxRequests)
                return answer.Task;
            _requests++;
        }
        _ = RunAsync();
        return answer.Task;
    }

    private async Task RunAsync()
    {
        var items = new List<TItem>(maxItems);
        var answers = new List<TaskCompletionSource<TAnswer>>(maxItems);
        while (Take(items, answers))
        {
            await AnswerAsync(items, answers);
            items.Clear();
            answers.Clear();
        }
    }

    private async Task AnswerAsync(IReadOnlyList<TItem> items, IReadOnlyList<TaskCompletionSource<TAnswer>> answers)
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

    private bool Take(List<TItem> items, List<TaskCompletionSource<TAnswer>> answers)
    {
        lock (_waiting)
        {
            while (items.Count < maxItems && _waiting.TryDequeue(out var next))
            {
                items.Add(next.Item);
                answers.Add(next.Answer);
            }
            if (items.Count == 0)
                _requests--;
            return items.Count > 0;
        }
    }
}
