namespace Chat.Client;

/// <summary>
/// A conversation as a view shows it, from some place to the newest message known, with what waits in the outbox behind. What it says is right
/// at each moment and never changes in the hand; <see cref="Changed"/> tells of something new. Dispose of it when the view leaves.
/// </summary>
public sealed class Timeline : IDisposable
{
    internal const int PageSize = 50;
    private const int LargePage = 200;
    private const int EnoughToBegin = 30;

    private readonly Timelines _owner;
    private readonly SemaphoreSlim _turn = new(1);
    private volatile TimelineView _view = TimelineView.Nothing;   // written on the loop
    private volatile ChatException? _error;
    private volatile bool _closed;
    private int _loading;
    private int _life = -1;   // on the loop

    internal Timeline(Timelines owner, string conversationId) => (_owner, ConversationId) = (owner, conversationId);

    /// <summary>Something of it has changed. Raised as <see cref="ChatClient.Changed"/> is: after the change, one at a time, many changes in one.</summary>
    public event EventHandler? Changed;

    /// <summary>Whose.</summary>
    public string ConversationId { get; }

    /// <summary>Ascending, without a silent gap, from the lowest shown to the newest known.</summary>
    public IReadOnlyList<Message> Messages => _view.Messages;

    /// <summary>What stands behind them in the outbox, in order.</summary>
    public IReadOnlyList<Outgoing> Outgoing =>
        [.. _owner.Ledger.State.Outbox.Where(outgoing => outgoing.ConversationId == ConversationId)];

    /// <summary>Whether there may be messages below the lowest shown.</summary>
    public bool HasOlder => !_closed && _view.HasOlder;

    /// <summary>A page is being loaded.</summary>
    public bool IsLoading => Volatile.Read(ref _loading) > 0;

    /// <summary>Why the last loading failed; null where it did not.</summary>
    public ChatException? Error => _error;

    /// <summary>Shows a page more below: from the store, else from the server. While one is being loaded, waits for that instead.</summary>
    /// <exception cref="ChatException">It could not be loaded; <see cref="Error"/> says so, too.</exception>
    public Task LoadOlderAsync(CancellationToken ct = default) => LoadAsync(async token =>
    {
        if (await _turn.WaitAsync(0, token))
            await InTurnAsync(() => StepAsync(PageSize, token));
        else
            await WaitForTurnAsync(token);
    }, ct);

    /// <summary>Shows everything from a place on: the first unread message, a reply's original; 1 for all there is.</summary>
    /// <exception cref="ChatException">It could not be loaded; <see cref="Error"/> says so, too.</exception>
    public Task LoadDownToAsync(long seqNo, CancellationToken ct = default) => LoadAsync(async token =>
    {
        await _turn.WaitAsync(token);
        await InTurnAsync(async () =>
        {
            await _owner.Pages.CatchUpAsync(ConversationId, token);
            while (!(_view.Low <= seqNo) && await StepAsync(LargePage, token))
            {
            }
        });
    }, ct);

    /// <summary>How far an own message has come with all the others.</summary>
    public ReceiptState ReceiptOf(Message message) =>
        Receipts.Of(_owner.Ledger.State.Find(ConversationId), _owner.Ledger.State.UserId, message.SeqNo);

    /// <summary>It shows nothing new any more.</summary>
    public void Dispose()
    {
        _closed = true;
        _owner.Close(this);
    }

    /// <summary>Shows what the store has, then what is missing for a beginning.</summary>
    internal Task BeginAsync(CancellationToken ct) => LoadAsync(async token =>
    {
        await _turn.WaitAsync(token);
        await InTurnAsync(async () =>
        {
            await _owner.Loop.RunAsync(ShowSomethingAsync);
            _owner.Notify(this);
            await _owner.Pages.CatchUpAsync(ConversationId, token);
            while (_view.Messages.Length < EnoughToBegin && await StepAsync(PageSize, token))
            {
            }
        });
    }, ct);

    /// <summary>Reads what is missing at the top.</summary>
    internal Task CatchUpAsync(CancellationToken ct) => LoadAsync(token => _owner.Pages.CatchUpAsync(ConversationId, token), ct);

    /// <summary>Follows a change. On the loop. Answers whether it shows another stretch now, which may be short.</summary>
    internal async Task<bool> FollowAsync(Draft draft)
    {
        var top = draft.Now.Find(ConversationId)?.Spans.Top();
        if (Shows(top, draft.Now, out var low, out var span))
        {
            var added = draft.Messages.Where(message => message.ConversationId == ConversationId && message.SeqNo >= low);
            _view = WithOlder(_view.With(added), span);
            return false;
        }
        if (top is null && _view.Low is null)
            return false;
        await ShowNewestAsync();
        return true;
    }

    /// <summary>It shows less than a view begins with, though there may be more.</summary>
    internal bool IsShort => !IsLoading && _view.HasOlder && _view.Messages.Length < EnoughToBegin;

    internal void Raise()
    {
        if (!_closed)
            Changed?.Invoke(this, EventArgs.Empty);
    }

    /// <summary>Whether what is shown belongs to the top stretch, so that it can be added to.</summary>
    private bool Shows(Span? top, State state, out long low, out Span span)
    {
        (low, span) = (_view.Low ?? 0, top ?? default);
        return state.Life == _life && top is not null && _view.Low is not null && low >= span.From;
    }

    private Task ShowSomethingAsync()
    {
        var state = _owner.Ledger.State;
        return Shows(state.Find(ConversationId)?.Spans.Top(), state, out _, out _) ? Task.CompletedTask : ShowNewestAsync();
    }

    /// <summary>Shows the newest of the top stretch. On the loop.</summary>
    private async Task ShowNewestAsync()
    {
        var state = _owner.Ledger.State;
        _life = state.Life;
        var conversation = state.Find(ConversationId);
        if (conversation?.Spans.Top() is not { } top)
        {
            _view = TimelineView.Nothing with { HasOlder = conversation is { MaxSeqNo: > 0 } };
            return;
        }
        var messages = await _owner.Ledger.ReadAsync(ConversationId, top, PageSize);
        _view = WithOlder(new TimelineView([.. messages], messages.Count == PageSize ? messages[0].SeqNo : top.From, false), top);
    }

    /// <summary>Shows more below. False where there is nothing.</summary>
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
                await _owner.Pages.ReadDownAsync(ConversationId, before, limit, ct);
            else
                await _owner.Pages.ReadNewestAsync(ConversationId, limit, ct);
            // A conversation that has no message yet.
            if (_owner.Ledger.State.Find(ConversationId)?.Spans.Top() is null)
                return false;
        }
        return false;
    }

    /// <summary>Shows older messages of the top stretch, if there are; else says below which place the server is to be asked.</summary>
    private async Task<(bool Shown, long? Missing)> ShowOlderAsync(int limit)
    {
        if (_owner.Ledger.State.Find(ConversationId)?.Spans.Top() is not { } top)
            return (false, null);
        if (!Shows(top, _owner.Ledger.State, out var low, out _))
        {
            await ShowNewestAsync();
            return (_view.Messages.Length > 0, _view.Low);
        }
        if (low == top.From)
            return (false, low);
        var older = await _owner.Ledger.ReadAsync(ConversationId, new Span(top.From, low - 1), limit);
        var next = new TimelineView([.. older, .. _view.Messages], older.Count == limit ? older[0].SeqNo : top.From, false);
        _view = WithOlder(next, top);
        _owner.Notify(this);
        return (older.Count > 0, next.Low);
    }

    private static TimelineView WithOlder(TimelineView view, Span top) => view with { HasOlder = view.Low > 1 || top.From > 1 };

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
}
