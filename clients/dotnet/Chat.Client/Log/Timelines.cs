using Microsoft.Extensions.Logging;

namespace Chat.Client;

/// <summary>The timelines that are open.</summary>
internal sealed class Timelines(
    Loop loop, Journal journal, PageReader pages, CurrentConnection current, Background background, EventRaiser events, TimeProvider clock, ILogger log)
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(5);

    // Changed under the gate: a view may open and close on any thread.
    private readonly List<Timeline> _open = [];
    private readonly HashSet<Timeline> _retrying = [];
    private readonly Lock _gate = new();

    public Loop Loop => loop;

    public Journal Journal => journal;

    public PageReader PageReader => pages;

    public IReadOnlyCollection<string> OpenConversations => [.. All().Select(timeline => timeline.ConversationId).Distinct()];

    public Timeline Open(string conversationId)
    {
        var timeline = new Timeline(this, conversationId);
        lock (_gate)
            _open.Add(timeline);
        Begin(timeline);
        return timeline;
    }

    public void Close(Timeline timeline)
    {
        lock (_gate)
            _open.Remove(timeline);
    }

    /// <summary>The message that an outbox entry has become, if a timeline has it.</summary>
    public Message? SentAs(string clientMsgId) =>
        All().SelectMany(timeline => timeline.Messages).LastOrDefault(message => message.ClientMsgId == clientMsgId);

    public void Notify(Timeline timeline) => events.Raise(timeline.Raise);

    /// <summary>Reads what the open timelines lack. On the loop.</summary>
    public void CatchUp()
    {
        foreach (var timeline in All())
            CatchUp(timeline);
    }

    /// <summary>Reads what a timeline shows that may lack changes. Without a connection, or before it has caught up, that is done when the list has come. On the loop.</summary>
    public void ReadStale(Timeline timeline)
    {
        if (current.IsCaughtUp && timeline.IsBehind)
            CatchUp(timeline);
    }

    /// <summary>Applies a change to the timelines that it concerns. On the loop.</summary>
    public async Task FollowAsync(StateTransaction transaction, State before)
    {
        foreach (var timeline in All())
        {
            var id = timeline.ConversationId;
            if (transaction.Now.Find(id) == before.Find(id) && transaction.Now.Outbox == before.Outbox && transaction.Now.Generation == before.Generation
                && transaction.Messages.All(message => message.ConversationId != id) && transaction.Notices.TrueForAll(notice => notice.ConversationId != id))
                continue;
            try
            {
                if (await timeline.FollowAsync(transaction))
                    Begin(timeline);
                else if (transaction.Now.Find(id)?.Stale != before.Find(id)?.Stale)
                    ReadStale(timeline);
            }
            catch (ChatException e)
            {
                // The change is committed; the view shows it when the store can be read again.
                log.CallFailed("Reading the store for a view", e.Code);
            }
            Notify(timeline);
        }
    }

    private void CatchUp(Timeline timeline)
    {
        if (timeline.IsShort || timeline.Error is { IsTransient: true })
            Begin(timeline);
        else if (timeline.IsBehind)
            background.Run("Catching up", ct => LoadAsync(timeline, timeline.CatchUpAsync, ct));
    }

    private void Begin(Timeline timeline) => background.Run("Opening a conversation", ct => LoadAsync(timeline, timeline.BeginAsync, ct));

    /// <summary>Loads; if it failed for now, again after a pause. Without a connection the next one loads.</summary>
    private async Task LoadAsync(Timeline timeline, Func<CancellationToken, Task> load, CancellationToken ct)
    {
        try
        {
            await load(ct);
        }
        catch (ChatException e) when (e.IsTransient && Retries(timeline))
        {
            log.CallFailed("Loading messages", e.Code);
            await Task.Delay(e.RetryAfter ?? RetryPause, clock, ct);
            if (EndsPause(timeline) && current.Current is not null)
                CatchUp(timeline);
        }
    }

    /// <summary>Whether a pause begins: one at a time for each timeline.</summary>
    private bool Retries(Timeline timeline)
    {
        lock (_gate)
            return _retrying.Add(timeline);
    }

    /// <returns>Whether it is still open.</returns>
    private bool EndsPause(Timeline timeline)
    {
        lock (_gate)
        {
            _retrying.Remove(timeline);
            return _open.Contains(timeline);
        }
    }

    private List<Timeline> All()
    {
        lock (_gate)
            return [.. _open];
    }
}
