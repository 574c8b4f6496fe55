using Microsoft.Extensions.Logging;

namespace Chat.Client;

/// <summary>The timelines that are open.</summary>
internal sealed class Timelines(Loop loop, Ledger ledger, Pages pages, Background background, Notices notices, ILogger log)
{
    // Changed under the gate; a view may open and close from any thread.
    private readonly List<Timeline> _open = [];
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
        {
            if (timeline.IsShort)
                Begin(timeline);
            else
                background.Run("Catching up", ct => pages.CatchUpAsync(timeline.ConversationId, ct));
        }
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

    private void Begin(Timeline timeline) => background.Run("Opening a conversation", timeline.BeginAsync);

    private List<Timeline> All()
    {
        lock (_gate)
            return [.. _open];
    }
}
