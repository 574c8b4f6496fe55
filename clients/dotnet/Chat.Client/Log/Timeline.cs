using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Chat.Client;

/// <summary>
/// A conversation's messages, from some seqNo up to the newest one known, and its outbox entries, while a view shows them. Its properties are
/// immutable snapshots; <see cref="Changed"/> is raised when there are newer ones. Dispose of it when the view closes.
/// </summary>
public sealed class Timeline : IDisposable
{
    internal const int PageSize = 50;
    private const int LargePage = 200;
    private const int MinShown = 30;

    private readonly Timelines _owner;
    private readonly SemaphoreSlim _turn = new(1);
    private volatile TimelineView _view = TimelineView.Nothing;   // written on the loop
    private volatile Shown? _shown;
    private volatile ChatException? _error;
    private volatile bool _closed;
    private int _loading;
    private int _generation = -1;   // on the loop

    internal Timeline(Timelines owner, string conversationId) => (_owner, ConversationId) = (owner, conversationId);

    /// <summary>It has changed. Raised as <see cref="ChatClient.Changed"/> is: after the change, one event at a time, many changes in one.</summary>
    public event EventHandler? Changed;

    /// <summary>The conversation.</summary>
    public string ConversationId { get; }

    /// <summary>
    /// Ascending. Between the first one and the newest known nothing is missing, except what is being loaded. Each is in its present state, with the changes of it
    /// that wait in the outbox.
    /// </summary>
    public IReadOnlyList<Message> Messages => Show();

    /// <summary>What happened to the group meanwhile, ascending: each stands between the messages, by its seqNo.</summary>
    public IReadOnlyList<Notice> Notices => _view.Notices;

    /// <summary>The outbox entries of the conversation, in order; to be shown after the messages.</summary>
    public IReadOnlyList<Outgoing> Outgoing =>
        [.. _owner.Journal.State.Outbox.Where(outgoing => outgoing.ConversationId == ConversationId).Select(outgoing => outgoing.AsShown()).OfType<Outgoing>()];

    /// <summary>Whether there may be older messages than the first one.</summary>
    public bool HasOlder =>
        !_closed && _view.HasOlder && !(_view.Low <= _owner.Journal.State.Find(ConversationId)?.ClearedUpTo + 1);

    /// <summary>A page is being loaded.</summary>
    public bool IsLoading => Volatile.Read(ref _loading) > 0;

    /// <summary>Why the last load failed; null if it did not.</summary>
    public ChatException? Error => _error;

    /// <summary>Adds a page of older messages, from the store or the server. While one is being loaded, waits for that instead.</summary>
    /// <exception cref="ChatException">It could not be loaded; <see cref="Error"/> says so, too.</exception>
    public Task LoadOlderAsync(CancellationToken ct = default) => LoadAsync(async token =>
    {
        if (await _turn.WaitAsync(0, token))
            await InTurnAsync(() => StepAsync(PageSize, token));
        else
            await WaitForTurnAsync(token);
    }, ct);

    /// <summary>Adds older messages down to this seqNo: of the first unread message, or a reply's original; 1 for all.</summary>
    /// <exception cref="ChatException">It could not be loaded; <see cref="Error"/> says so, too.</exception>
    public Task LoadDownToAsync(long seqNo, CancellationToken ct = default) => LoadAsync(async token =>
    {
        await _turn.WaitAsync(token);
        await InTurnAsync(async () =>
        {
            await _owner.PageReader.CatchUpAsync(ConversationId, _view.Low, token);
            while (!(_view.Low <= seqNo) && await StepAsync(LargePage, token))
            {
            }
        });
    }, ct);

    /// <summary>The receipt of an own message.</summary>
    public ReceiptState ReceiptOf(Message message) =>
        ReceiptTables.Of(_owner.Journal.State.Find(ConversationId), _owner.Journal.State.UserId, message.SeqNo);

    /// <summary>Stops updating it.</summary>
    public void Dispose()
    {
        _closed = true;
        _owner.Close(this);
    }

    /// <summary>Shows what the store has, then loads what a view needs at first.</summary>
    internal Task BeginAsync(CancellationToken ct) => LoadAsync(async token =>
    {
        await _turn.WaitAsync(token);
        await InTurnAsync(async () =>
        {
            await _owner.Loop.RunAsync(ShowSomethingAsync);
            _owner.Notify(this);
            await _owner.PageReader.CatchUpAsync(ConversationId, _view.Low, token);
            while (_view.Messages.Length < MinShown && await StepAsync(PageSize, token))
            {
            }
        });
    }, ct);

    /// <summary>Whether messages are missing above the first one shown, or may lack changes.</summary>
    internal bool IsBehind => _owner.PageReader.IsBehind(ConversationId, _view.Low);

    /// <summary>Reads what is missing above the first message shown, and what may lack changes.</summary>
    internal Task CatchUpAsync(CancellationToken ct) => LoadAsync(token => _owner.PageReader.CatchUpAsync(ConversationId, _view.Low, token), ct);

    /// <summary>Applies a change. On the loop.</summary>
    /// <returns>Whether it shows another range now, of which too little may be loaded.</returns>
    internal async Task<bool> FollowAsync(StateTransaction transaction)
    {
        var conversation = transaction.Now.Find(ConversationId);
        if (Shows(conversation, transaction.Now, out var low, out _))
        {
            var added = transaction.Messages.Where(message => message.ConversationId == ConversationId && message.SeqNo >= low);
            var notices = transaction.Notices.Where(notice => notice.ConversationId == ConversationId && notice.SeqNo >= low);
            _view = _view.With(added, notices).Above(conversation.ClearedUpTo);
            return false;
        }
        if (conversation?.Complete.Top() is null && _view.Low is null)
            return false;
        await ShowNewestAsync();
        return true;
    }

    /// <summary>It shows fewer messages than a view needs at first, though there may be more.</summary>
    internal bool IsShort => !IsLoading && _view.HasOlder && _view.Messages.Length < MinShown;

    internal void Raise()
    {
        if (!_closed)
            Changed?.Invoke(this, EventArgs.Empty);
    }

    /// <summary>Whether so little is missing above the first message shown that it is read, and what is shown stays.</summary>
    /// <param name="conversation">The conversation.</param>
    /// <param name="state">Where it is from.</param>
    /// <param name="low">The lowest seqNo shown.</param>
    /// <param name="range">The complete range that it is in.</param>
    private bool Shows([NotNullWhen(true)] StoredConversation? conversation, State state, out long low, out SeqNoRange range)
    {
        low = _view.Low ?? 0;
        range = conversation?.Complete.At(low) ?? default;
        return state.Generation == _generation && range.To > 0 && conversation is { Complete: var complete }
            && complete.Missing(low, complete[^1].To).Sum(missing => missing.To - missing.From + 1) <= PageReader.MaxMissing;
    }

    private Task ShowSomethingAsync()
    {
        var state = _owner.Journal.State;
        return Shows(state.Find(ConversationId), state, out _, out _) ? Task.CompletedTask : ShowNewestAsync();
    }

    /// <summary>Shows the newest messages of the highest complete range. On the loop.</summary>
    private async Task ShowNewestAsync()
    {
        var state = _owner.Journal.State;
        _generation = state.Generation;
        var conversation = state.Find(ConversationId);
        if (conversation?.Complete.Top() is not { } top)
        {
            _view = TimelineView.Nothing with { HasOlder = conversation is { MaxSeqNo: > 0 } };
            return;
        }
        var messages = await _owner.Journal.ReadAsync(ConversationId, top, PageSize);
        var from = messages.Count == PageSize ? messages[0].SeqNo : top.From;
        _view = TimelineView.From(messages, await _owner.Journal.ReadNoticesAsync(ConversationId, top with { From = from }), from);
    }

    /// <summary>Adds older messages.</summary>
    /// <returns>False if there are none.</returns>
    private async Task<bool> StepAsync(int limit, CancellationToken ct)
    {
        while (!_closed)
        {
            var (shown, missing) = await _owner.Loop.RunAsync(() => ShowOlderAsync(limit));
            if (shown)
                return true;
            var known = _view.Low;
            if (known is <= 1)
                return false;
            if (missing is { } before)
                await _owner.PageReader.ReadDownAsync(ConversationId, before, limit, ct);
            else
                await _owner.PageReader.ReadNewestAsync(ConversationId, limit, ct);
            // The conversation has no message yet.
            if (_owner.Journal.State.Find(ConversationId)?.Complete.Top() is null)
                return false;
        }
        return false;
    }

    /// <summary>Adds older messages of the complete range that the first one shown is in.</summary>
    /// <returns>If there are none, the seqNo below which the server has to be asked.</returns>
    private async Task<(bool Shown, long? Missing)> ShowOlderAsync(int limit)
    {
        var state = _owner.Journal.State;
        var conversation = state.Find(ConversationId);
        if (conversation?.Complete.Top() is null)
            return (false, null);
        if (!Shows(conversation, state, out var low, out var range))
        {
            await ShowNewestAsync();
            return (_view.Messages.Length > 0, _view.Low);
        }
        if (low == range.From)
            return (false, low);
        var older = await _owner.Journal.ReadAsync(ConversationId, new SeqNoRange(range.From, low - 1), limit);
        var from = older.Count == limit ? older[0].SeqNo : range.From;
        var notices = await _owner.Journal.ReadNoticesAsync(ConversationId, new SeqNoRange(from, low - 1));
        _view = TimelineView.From([.. older, .. _view.Messages], [.. notices, .. _view.Notices], from);
        _owner.Notify(this);
        _owner.ReadStale(this);
        return (older.Count > 0, _view.Low);
    }

    private ImmutableArray<Message> Show()
    {
        var (view, state) = (_view, _owner.Journal.State);
        if (_shown is { } shown && shown.View == view && shown.Outbox == state.Outbox)
            return shown.Messages;
        var pending = new PendingChanges(state.Outbox, state.UserId ?? "");
        ImmutableArray<Message> messages = pending.IsEmpty ? view.Messages : [.. view.Messages.Select(pending.On)];
        _shown = new Shown(view, state.Outbox, messages);
        return messages;
    }

    private async Task LoadAsync(Func<CancellationToken, Task> load, CancellationToken ct)
    {
        Interlocked.Increment(ref _loading);
        _owner.Notify(this);
        try
        {
            await load(ct);
            _error = null;
        }
        catch (ChatException e)
        {
            _error = e;
            throw;
        }
        finally
        {
            Interlocked.Decrement(ref _loading);
            _owner.Notify(this);
        }
    }

    private async Task WaitForTurnAsync(CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        _turn.Release();
    }

    private async Task InTurnAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        finally
        {
            _turn.Release();
        }
    }

    private sealed record Shown(TimelineView View, ImmutableList<Outgoing> Outbox, ImmutableArray<Message> Messages);
}
