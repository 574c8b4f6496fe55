using Microsoft.Extensions.Logging;

namespace Chat.Client;

/// <summary>The timelines that are open.</summary>
internal sealed class Timelines(
    Loop loop, Ledger ledger, Pages pages, Line line, Background background, Notices notices, TimeProvider clock, ILogger log)
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(5);

    // Changed under the gate; a view may open and close from any thread.
    private readonly List<Timeline> _open = [];
    private readonly HashSet<Timeline> _retrying = [];
    private readonly Lock _gate = new();

    public Loop Loop => loop;

    public Ledger Ledger => ledger;

    public Pages Pages => pages;

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

    public void Notify(Timeline timeline) => notices.Raise(timeline.Raise);

    /// <summary>Reads what the open conversations lack at their top, and for a beginning. On the loop.</summary>
    public void CatchUp()
    {
        foreach (var timeline in All())
            CatchUp(timeline);
    }

    /// <summary>Shows a change in those that it is about. On the loop.</summary>
    public async Task FollowAsync(Draft draft, State before)
    {
        foreach (var timeline in All())
        {
            var id = timeline.ConversationId;
            if (draft.Now.Find(id) == before.Find(id) && draft.Now.Outbox == before.Outbox && draft.Now.Life == before.Life)
                continue;
            try
            {
                if (await timeline.FollowAsync(draft))
                    Begin(timeline);
            }
            catch (ChatException e)
            {
                // The change itself is made; the view shows it when the store can be read again.
                log.DidNotWork("Following a change", e.Code);
            }
            Notify(timeline);
        }
    }

    private void CatchUp(Timeline timeline)
    {
        if (timeline.IsShort || timeline.Error is { Passes: true })
            Begin(timeline);
        else if (pages.IsBehind(timeline.ConversationId))
            background.Run("Catching up", ct => LoadAsync(timeline, timeline.CatchUpAsync, ct));
    }

    private void Begin(Timeline timeline) => background.Run("Opening a conversation", ct => LoadAsync(timeline, timeline.BeginAsync, ct));

    /// <summary>Loads; where that may work later, again after a pause. Without a connection the next one looks by itself.</summary>
    private async Task LoadAsync(Timeline timeline, Func<CancellationToken, Task> load, CancellationToken ct)
    {
        try
        {
            await load(ct);
        }
        catch (ChatException e) when (e.Passes && Retries(timeline))
        {
            log.DidNotWork("Loading messages", e.Code);
            await Task.Delay(e.RetryAfter ?? RetryPause, clock, ct);
            if (EndsPause(timeline) && line.Current is not null)
                CatchUp(timeline);
        }
    }

    /// <summary>One pause at a time for each.</summary>
    private bool Retries(Timeline timeline)
    {
        lock (_gate)
            return _retrying.Add(timeline);
    }

    /// <summary>Whether it is still open.</summary>
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
