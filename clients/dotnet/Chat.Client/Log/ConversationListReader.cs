using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace Chat.Client;

/// <summary>
/// Reads the conversation list and merges it: after each <c>caughtUp</c>, with the archived conversations, and soon after it may have changed, at most every 5 s. Used on
/// the loop; the request runs in the background.
/// </summary>
internal sealed class ConversationListReader : IDisposable
{
    private const int PageSize = 100;
    private const int MaxPages = 20;
    private const int MaxRepeats = 3;
    private static readonly TimeSpan LeastPause = TimeSpan.FromSeconds(5);

    private readonly Loop _loop;
    private readonly Journal _journal;
    private readonly ChatApi _api;
    private readonly ReadCursors _readCursors;
    private readonly CurrentConnection _current;
    private readonly Background _background;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly Alarm _alarm;
    // Since the read began, whose answer may be older.
    private readonly HashSet<string> _heardOf = [];
    private readonly HashSet<string> _left = [];
    private readonly HashSet<string> _set = [];
    private DateTimeOffset _notBefore = DateTimeOffset.MinValue;
    private bool _running;
    private bool _again;
    // What other devices have archived or deleted since the last connection is not known.
    private bool _readsArchived = true;
    private int _repeats;

    public ConversationListReader(
        Loop loop, Journal journal, ChatApi api, ReadCursors readCursors, CurrentConnection current, Background background, TimeProvider clock, ILogger log)
    {
        (_loop, _journal, _api, _readCursors, _current, _background, _clock, _log) = (loop, journal, api, readCursors, current, background, clock, log);
        _alarm = new Alarm(clock, () => background.Run("Reading the list", _ => loop.RunAsync(Begin)));
    }

    /// <summary>The list was merged; on the loop.</summary>
    public event Action? Merged;

    /// <summary>The device was away: reads the list at once, with the archived conversations.</summary>
    public void ReadNow()
    {
        _readsArchived = true;
        _notBefore = DateTimeOffset.MinValue;
        ReadSoon();
    }

    /// <summary>The list may have changed.</summary>
    public void ReadSoon()
    {
        if (_running)
            _again = true;
        else if (_clock.SteadyNow() >= _notBefore)
            Begin();
        else
            _alarm.SetFor(_notBefore);
    }

    /// <summary>There was a frame of a conversation: a read that began before does not remove it.</summary>
    public void HeardOf(string conversationId)
    {
        _left.Remove(conversationId);
        _heardOf.Add(conversationId);
    }

    /// <summary>The user is no longer a member of a conversation: a read that began before does not bring it back.</summary>
    public void Left(string conversationId)
    {
        _heardOf.Remove(conversationId);
        _left.Add(conversationId);
    }

    /// <summary>The user has set something for a conversation: a read that began before does not undo it, and is repeated for what else was set.</summary>
    public void Set(string conversationId) => _set.Add(conversationId);

    /// <summary>Takes the server's answer to a change of settings. What was heard since, of this change or a later one of another device, is newer.</summary>
    /// <param name="conversationId">The conversation.</param>
    /// <param name="answer">All of them.</param>
    /// <param name="generation">When the server was asked.</param>
    /// <param name="before">The conversation when the server was asked.</param>
    public async Task TakeSettingsAsync(string conversationId, OwnSettings answer, int generation, StoredConversation? before)
    {
        var transaction = _journal.Begin();
        if (transaction.Now.Generation != generation || transaction.Now.Find(conversationId) is not { } conversation)
            return;
        var set = conversation.With(SettingsRules.Unchanged(answer, before, conversation));
        transaction.Put(set);
        await _journal.CommitAsync(transaction);
        Set(conversationId);
        // How many are left unread is in the list.
        if (set.ClearedUpTo > conversation.ClearedUpTo && set.UnreadCount > 0)
            ReadSoon();
    }

    public void Dispose() => _alarm.Dispose();

    private void Begin()
    {
        if (_running || _current.Current is null || _journal.State.UserId is null)
            return;
        _alarm.SetFor(null);
        var withArchived = _readsArchived;
        (_running, _again, _readsArchived, _notBefore) = (true, false, false, _clock.SteadyNow() + LeastPause);
        _heardOf.Clear();
        _left.Clear();
        _set.Clear();
        var before = _journal.State;
        _background.Run("Reading the list", async ct =>
        {
            var done = false;
            DateTimeOffset? tryAgainAt = null;
            try
            {
                var (listed, epoch, complete) = await ReadAsync(archived: false, ct);
                var archivedComplete = false;
                if (withArchived)
                {
                    (var archived, _, archivedComplete) = await ReadAsync(archived: true, ct);
                    listed.AddRange(archived);
                }
                var absent = await _loop.RunAsync(() => MergeAsync(listed, epoch, complete, withArchived, before));
                await ConfirmAsync(absent, archivedComplete, ct);
                done = true;
            }
            catch (ChatException e) when (e.IsTransient)
            {
                tryAgainAt = _clock.SteadyNow() + (e.RetryAfter ?? LeastPause);
                throw;
            }
            finally
            {
                await _loop.RunAsync(() =>
                {
                    _running = false;
                    _readsArchived |= withArchived && !done;
                    _notBefore = tryAgainAt ?? _notBefore;
                    if (_again || tryAgainAt is not null)
                        ReadSoon();
                });
            }
        });
    }

    private async Task<(List<ConversationSummary> Listed, string Epoch, bool Complete)> ReadAsync(bool archived, CancellationToken ct)
    {
        List<ConversationSummary> listed = [];
        string? cursor = null;
        for (var page = 1; ; page++)
        {
            var list = await _api.GetConversationsAsync(PageSize, cursor, archived, ct);
            listed.AddRange(list.Conversations);
            cursor = list.Next;
            if (cursor is null || page == MaxPages)
                return (listed, list.Epoch, cursor is null);
        }
    }

    /// <returns>The conversations that the list does not have.</returns>
    private async Task<IReadOnlyList<string>> MergeAsync(List<ConversationSummary> listed, string epoch, bool complete, bool withArchived, State before)
    {
        var transaction = _journal.Begin();
        if (transaction.Now.Generation != before.Generation || transaction.Now.UserId is null)
            return [];
        if (transaction.Now.Installation.Epoch is { } last && last != epoch)
        {
            _log.NewEpoch();
            transaction.ClearLog();
        }
        if (transaction.Now.Installation.Epoch != epoch)
            transaction.Put(transaction.Now.Installation with { Epoch = epoch });

        List<string> unsent = [];
        var (isSet, isOlder) = (false, false);
        var activity = _clock.GetUtcNow();
        foreach (var read in listed)
        {
            if (_left.Contains(read.ConversationId))
                continue;
            var summary = read;
            if (transaction.Now.Find(read.ConversationId) is { } known && (_set.Contains(known.Id) || IsBackSince(read, known)))
            {
                summary = read with { Settings = SettingsRules.AllOf(known) };
                isSet |= _set.Contains(known.Id);
                isOlder |= !_set.Contains(known.Id);
            }
            // A conversation without a message keeps the position that the server gave it.
            activity = summary.LastMessage?.Timestamp ?? activity.AddMilliseconds(-1);
            var conversation = transaction.Now.Find(summary.ConversationId)
                ?? new StoredConversation { Id = summary.ConversationId, KnownSince = activity };
            var merged = conversation.With(summary, await OthersAboveAsync(transaction, conversation, summary));
            // The server's count may be newer than its last message: if every message is in the store, it is counted here.
            if (merged.UnreadCount > 0)
                merged = await _readCursors.RecountAsync(transaction, merged, summary.ReadSeqNo);
            if (merged.ReadSeqNo > summary.ReadSeqNo)
            {
                unsent.Add(merged.Id);
                // The server does not know yet that the user has read on.
                merged = merged with { MarkedUnread = false };
            }
            transaction.Put(merged);
        }
        await _readCursors.CommitAndSendAsync(transaction, unsent);
        // The server has counted from an older cursor, and what lies between the two may not be here: the list is read again when it has the newer one.
        _repeats = unsent.Count > 0 || isOlder ? _repeats + 1 : 0;
        _again |= isSet || _repeats is > 0 and <= MaxRepeats;
        _readsArchived |= (isSet || isOlder) && withArchived;
        Merged?.Invoke();
        return complete ? [.. Absent(listed, before)] : [];
    }

    /// <summary>Whether a list may be older than the message that brought an archived conversation back.</summary>
    private bool IsBackSince(ConversationSummary read, StoredConversation known) =>
        read.Settings.Archived == true && !known.Archived && read.MaxSeqNo < known.MaxSeqNo && _repeats < MaxRepeats;

    private async Task<OthersCount> OthersAboveAsync(StateTransaction transaction, StoredConversation conversation, ConversationSummary summary) =>
        conversation.MaxSeqNo <= summary.MaxSeqNo
            ? default
            : await _readCursors.OthersAsync(
                transaction, conversation.Id, new SeqNoRange(Math.Max(summary.MaxSeqNo, conversation.ReadSeqNo) + 1, conversation.MaxSeqNo));

    private IEnumerable<string> Absent(List<ConversationSummary> listed, State before)
    {
        var present = listed.Select(summary => summary.ConversationId).ToImmutableHashSet();
        return before.Conversations.Keys.Where(id => !present.Contains(id) && IsIn(id));
    }

    private bool IsIn(string id) => _journal.State.Find(id) is { IsLeft: false };

    /// <summary>
    /// The server is asked about each conversation that is in no list: a group may have moved up while the list was read; what was deleted is archived and cleared.
    /// </summary>
    private async Task ConfirmAsync(IReadOnlyList<string> absent, bool withArchived, CancellationToken ct)
    {
        var generation = _journal.State.Generation;
        foreach (var id in absent)
        {
            if (_journal.State.Find(id) is not { } conversation || conversation.IsDeleted() || conversation.Archived && !withArchived)
                continue;
            if (ConversationIds.IsGroup(id) && await IsGoneAsync(id, ct))
                await _loop.RunAsync(() => RemoveAsync(id, generation));
            else if (conversation.MaxSeqNo > 0)
                await ConfirmSettingsAsync(id, generation, ct);
        }
    }

    private async Task RemoveAsync(string id, int generation)
    {
        var transaction = _journal.Begin();
        if (transaction.Now.Generation != generation || _heardOf.Contains(id) || !IsIn(id))
            return;
        transaction.Remove(id);
        await _journal.CommitAsync(transaction);
    }

    private async Task ConfirmSettingsAsync(string id, int generation, CancellationToken ct)
    {
        var before = _journal.State.Find(id);
        try
        {
            var answer = await _api.ChangeSettingsAsync(id, new OwnSettings(), ct);
            await _loop.RunAsync(() => TakeSettingsAsync(id, answer, generation, before));
        }
        catch (ChatException e) when (!e.IsTransient)
        {
            // It has none.
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
