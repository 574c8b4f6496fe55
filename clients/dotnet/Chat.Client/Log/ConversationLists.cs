using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace Chat.Client;

/// <summary>
/// Reads the conversation list and merges it: after each <c>caughtUp</c>, and soon after a hint that something changed, at most every
/// five seconds. Used on the loop; the reading itself is not.
/// </summary>
internal sealed class ConversationLists : IDisposable
{
    private const int PageSize = 100;
    private const int MaxPages = 20;
    private static readonly TimeSpan LeastPause = TimeSpan.FromSeconds(5);

    private readonly Loop _loop;
    private readonly Ledger _ledger;
    private readonly ChatApi _api;
    private readonly Reading _reading;
    private readonly Line _line;
    private readonly Background _background;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly Alarm _alarm;
    // Since the reading began, which may tell otherwise.
    private readonly HashSet<string> _heardOf = [];
    private readonly HashSet<string> _left = [];
    private DateTimeOffset _notBefore = DateTimeOffset.MinValue;
    private bool _running;
    private bool _again;

    public ConversationLists(
        Loop loop, Ledger ledger, ChatApi api, Reading reading, Line line, Background background, TimeProvider clock, ILogger log)
    {
        (_loop, _ledger, _api, _reading, _line, _background, _clock, _log) = (loop, ledger, api, reading, line, background, clock, log);
        _alarm = new Alarm(clock, () => background.Run("Reading the list", _ => loop.RunAsync(Begin)));
    }

    /// <summary>The list was merged; on the loop.</summary>
    public event Action? Merged;

    /// <summary>All that waited has come: the list is read at once.</summary>
    public void ReadNow()
    {
        _notBefore = DateTimeOffset.MinValue;
        ReadSoon();
    }

    /// <summary>Something may have changed that no frame tells.</summary>
    public void ReadSoon()
    {
        if (_running)
            _again = true;
        else if (_clock.SteadyNow() >= _notBefore)
            Begin();
        else
            _alarm.SetFor(_notBefore);
    }

    /// <summary>A conversation was heard of, so that a list begun before does not tell of its absence.</summary>
    public void HeardOf(string conversationId)
    {
        _left.Remove(conversationId);
        _heardOf.Add(conversationId);
    }

    /// <summary>The user is not in a conversation any more: a list begun before does not bring it back.</summary>
    public void Left(string conversationId)
    {
        _heardOf.Remove(conversationId);
        _left.Add(conversationId);
    }

    public void Dispose() => _alarm.Dispose();

    private void Begin()
    {
        if (_running || _line.Current is null || _ledger.State.UserId is null)
            return;
        _alarm.SetFor(null);
        (_running, _again, _notBefore) = (true, false, _clock.SteadyNow() + LeastPause);
        _heardOf.Clear();
        _left.Clear();
        var before = _ledger.State;
        _background.Run("Reading the list", async ct =>
        {
            var merged = false;
            DateTimeOffset? tryAgainAt = null;
            try
            {
                var (listed, epoch, complete) = await ReadAsync(ct);
                var absent = await _loop.RunAsync(() => MergeAsync(listed, epoch, complete, before));
                merged = true;
                await ConfirmAsync(absent, ct);
            }
            catch (ChatException e) when (!merged && e.Passes)
            {
                tryAgainAt = _clock.SteadyNow() + (e.RetryAfter ?? LeastPause);
                throw;
            }
            finally
            {
                await _loop.RunAsync(() =>
                {
                    _running = false;
                    _notBefore = tryAgainAt ?? _notBefore;
                    if (_again || tryAgainAt is not null)
                        ReadSoon();
                });
            }
        });
    }

    private async Task<(List<ConversationSummary> Listed, string Epoch, bool Complete)> ReadAsync(CancellationToken ct)
    {
        List<ConversationSummary> listed = [];
        string? cursor = null;
        for (var page = 1; ; page++)
        {
            var list = await _api.GetConversationsAsync(PageSize, cursor, ct);
            listed.AddRange(list.Conversations);
            cursor = list.Next;
            if (cursor is null || page == MaxPages)
                return (listed, list.Epoch, cursor is null);
        }
    }

    /// <returns>The groups that the list lacks.</returns>
    private async Task<IReadOnlyList<string>> MergeAsync(List<ConversationSummary> listed, string epoch, bool complete, State before)
    {
        var draft = _ledger.Begin();
        if (draft.Now.Life != before.Life || draft.Now.UserId is null)
            return [];
        if (draft.Now.Installation.Epoch is { } known && known != epoch)
        {
            _log.NewEpoch();
            draft.ClearLog();
        }
        if (draft.Now.Installation.Epoch != epoch)
            draft.Put(draft.Now.Installation with { Epoch = epoch });

        List<string> untold = [];
        var activity = _clock.GetUtcNow();
        foreach (var summary in listed)
        {
            if (_left.Contains(summary.ConversationId))
                continue;
            // One without a message stands where the server has put it.
            activity = summary.LastMessage?.Timestamp ?? activity.AddMilliseconds(-1);
            var conversation = draft.Now.Find(summary.ConversationId)
                ?? new StoredConversation { Id = summary.ConversationId, KnownSince = activity };
            var merged = conversation.With(summary, await OthersAboveAsync(draft, conversation, summary));
            // The server counts a moment after it looked for the last message: where all is here, it is counted here.
            if (merged.Unread > 0)
                merged = await _reading.RecountAsync(draft, merged, summary.ReadSeqNo);
            if (merged.ReadSeqNo > summary.ReadSeqNo)
                untold.Add(merged.Id);
            draft.Put(merged);
        }
        await _reading.CommitAndTellAsync(draft, untold);
        Merged?.Invoke();
        return complete ? [.. Absent(listed, before)] : [];
    }

    private async Task<int> OthersAboveAsync(Draft draft, StoredConversation conversation, ConversationSummary summary) =>
        conversation.MaxSeqNo <= summary.MaxSeqNo
            ? 0
            : await _reading.OthersAsync(draft, conversation.Id, new Span(Math.Max(summary.MaxSeqNo, conversation.ReadSeqNo) + 1, conversation.MaxSeqNo));

    private IEnumerable<string> Absent(List<ConversationSummary> listed, State before)
    {
        var present = listed.Select(summary => summary.ConversationId).ToImmutableHashSet();
        return before.Conversations.Keys.Where(id => ConversationIds.IsGroup(id) && !present.Contains(id) && IsStillIn(id));
    }

    private bool IsStillIn(string id) => !_heardOf.Contains(id) && _ledger.State.Find(id) is { IsLeft: false };

    /// <summary>A group that moved up while the list was read is on no page of it: the server is asked for each.</summary>
    private async Task ConfirmAsync(IReadOnlyList<string> absent, CancellationToken ct)
    {
        var life = _ledger.State.Life;
        foreach (var id in absent)
        {
            if (!await IsGoneAsync(id, ct))
                continue;
            await _loop.RunAsync(async () =>
            {
                var draft = _ledger.Begin();
                if (draft.Now.Life != life || !IsStillIn(id))
                    return;
                draft.Remove(id);
                await _ledger.CommitAsync(draft);
            });
        }
    }

    private async Task<bool> IsGoneAsync(string id, CancellationToken ct)
    {
        try
        {
            await _api.GetGroupAsync(id, ct);
            return false;
        }
        catch (ChatException e) when (e.Code is ErrorCodes.Forbidden or ErrorCodes.NotAMember or ErrorCodes.NotFound)
        {
            return true;
        }
    }
}
