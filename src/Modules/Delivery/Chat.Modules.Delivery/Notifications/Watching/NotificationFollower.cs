using Chat.Modules.Messaging.Contracts;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Delivery.Notifications.Watching;

/// <summary>
/// Saves up to which position of the change feed all messages were looked at, and watches again what servers that are gone did not finish, and what did not fit into the watches. A message is looked at twice
/// rather than not at all: nothing is sent twice by that.
/// </summary>
internal sealed class NotificationFollower(IChangeFeed feed, Watches watches, TimeProvider clock, ILogger<NotificationFollower> log) : BackgroundService
{
    private const string Name = "notifications";
    private const int ReadAtOnce = 1_024;

    // Seconds between two searches for what others did not finish.
    private const int LookEvery = 30;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    // Used by one call at a time: positions to save when the watches up to a number are finished, those of other servers first.
    private readonly Queue<(FeedPosition Position, long Number)> _takenOver = new();
    private (FeedPosition Position, long Number)? _next;
    private FeedPosition? _saved;

    // Everything up to here was noted; and whether some of what came after it, and found no room, is not noted yet.
    private FeedPosition _noted;
    private bool _isBehind;

    // Found, and not noted yet; and whether all that was there at the start was: nothing may be saved before.
    private readonly Queue<FeedRange> _unfinished = new();
    private bool _hasCaughtUp;

    /// <summary>Where to begin: before the first message is appended.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        _noted = feed.RaisedUpTo;
        await base.StartAsync(cancellationToken);
    }

    /// <summary>Saves positions up to which all watches are finished, if they have changed.</summary>
    public async Task SaveAsync(CancellationToken ct)
    {
        if (!_hasCaughtUp)
            return;
        while (_takenOver.TryPeek(out var left) && watches.HasFinished(left.Number))
        {
            await feed.SaveFollowerAsync(Name, left.Position, ct);
            _takenOver.Dequeue();
        }
        if (_next is null)
        {
            // The position is read first: everything up to it was noted, unless something found no room.
            var position = feed.RaisedUpTo;
            if (_isBehind || watches.HasOverflowed)
                return;
            _noted = position;
            _next = (position, watches.LastNumber);
        }
        if (!watches.HasFinished(_next.Value.Number))
            return;
        if (_next.Value.Position != _saved)
            await feed.SaveFollowerAsync(Name, _next.Value.Position, ct);
        _saved = _next.Value.Position;
        _next = null;
    }

    /// <summary>Watches what servers that are gone did not finish.</summary>
    public async Task CatchUpAsync(CancellationToken ct)
    {
        if (_takenOver.Count > 0)
            return;
        var found = 0;
        if (_unfinished.Count == 0)
        {
            foreach (var range in await feed.FindUnfinishedAsync(Name, ct))
                _unfinished.Enqueue(range);
        }
        while (_unfinished.TryPeek(out var range))
        {
            found += await NoteAsync(range, ct);
            _takenOver.Enqueue((range.After with { Value = range.UpTo }, watches.LastNumber));
            _unfinished.Dequeue();
        }
        _hasCaughtUp = true;
        if (found > 0)
            log.CaughtUp(found);
    }

    /// <summary>Notes what found no room, when there is some.</summary>
    public async Task NoteOverflowAsync(CancellationToken ct)
    {
        _isBehind |= watches.HasOverflowed;
        if (!_isBehind || !watches.HasRoom)
            return;
        // From here on new messages are noted again; what is read up to the position may be noted twice.
        watches.ForgetOverflow();
        var position = feed.RaisedUpTo;
        // Of an earlier stream: that is found as one that is gone.
        if (position.Epoch == _noted.Epoch)
            await NoteAsync(new FeedRange(_noted, position.Value), ct);
        (_noted, _isBehind) = (position, false);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await TryAsync(CatchUpAsync, stoppingToken);
        using var timer = new PeriodicTimer(Period, clock);
        for (var second = 1; await timer.WaitForNextTickAsync(stoppingToken); second++)
        {
            if (!_hasCaughtUp)
                await TryAsync(CatchUpAsync, stoppingToken);
            await TryAsync(NoteOverflowAsync, stoppingToken);
            await TryAsync(SaveAsync, stoppingToken);
            if (second % LookEvery == 0)
                await TryAsync(CatchUpAsync, stoppingToken);
        }
    }

    private async Task<int> NoteAsync(FeedRange range, CancellationToken ct)
    {
        var found = 0;
        for (var rest = range; ;)
        {
            var entries = await feed.ReadAsync(rest, ReadAtOnce, ct);
            if (entries.Count == 0)
                return found;
            foreach (var entry in entries)
            {
                while (!watches.HasRoom)
                    await Task.Delay(Period, clock, ct);
                watches.NoteUnknown(entry.Conversation, entry.SeqNo);
            }
            found += entries.Count;
            rest = rest with { After = rest.After with { Value = entries[^1].Position } };
        }
    }

    private async Task TryAsync(Func<CancellationToken, Task> work, CancellationToken ct)
    {
        try
        {
            await work(ct);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            log.FeedNotFollowed(e);
        }
    }
}
