using Chat.BuildingBlocks.Errors;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Messaging.Sending;

/// <summary>An append, from its beginning until <see cref="MessageAppended"/> was raised. The sender waits for its task.</summary>
internal sealed class PendingAppend(MessageDraft draft) : TaskCompletionSource<Result<SentMessage>>
{
    public MessageDraft Draft => draft;

    /// <summary>Its memory, approximately: the content, the content as it is written, and a kilobyte for everything else.</summary>
    public long Bytes { get; } = 1_024 + 2L * ContentCodec.SizeOf(draft.Content);

    /// <summary>When it began; a timestamp of the clock.</summary>
    public long Since { get; set; }

    /// <summary>A position of the log's feed; the message will be above it.</summary>
    public long Floor { get; set; }

    public PendingAppend? Earlier { get; set; }

    public PendingAppend? Later { get; set; }
}

/// <summary>The pending appends in the order in which they began: their number, their bytes, the age of the oldest, and the feed's position before it.</summary>
internal sealed class AppendsUnderWay(IMessageLog log, IOptions<MessagingOptions> options, TimeProvider clock)
{
    private readonly TimeSpan _timeout = TimeSpan.FromMilliseconds(options.Value.AppendTimeoutMs);
    private readonly Lock _lock = new();

    // All below are guarded by _lock.
    private PendingAppend? _oldest;
    private PendingAppend? _newest;

    // The oldest that was not returned as overdue.
    private PendingAppend? _inTime;
    private bool _watched;
    private int _count;
    private long _bytes;

    public int Count
    {
        get
        {
            lock (_lock)
                return _count;
        }
    }

    public long Bytes
    {
        get
        {
            lock (_lock)
                return _bytes;
        }
    }

    /// <summary>How long the oldest has waited; zero if there is none.</summary>
    public TimeSpan OldestWait
    {
        get
        {
            lock (_lock)
                return _oldest is { } oldest ? clock.GetElapsedTime(oldest.Since) : TimeSpan.Zero;
        }
    }

    /// <summary><see cref="MessageAppended"/> was raised for every acked message up to this position.</summary>
    public FeedPosition RaisedUpTo
    {
        get
        {
            // Read first: an append that begins after this read is above it.
            var present = log.FeedPosition;
            lock (_lock)
                return _oldest is { } oldest && oldest.Floor < present.Value ? present with { Value = oldest.Floor } : present;
        }
    }

    /// <summary>Begins an append; null if there is no room. An append larger than the limit of bytes is accepted if no other is pending.</summary>
    /// <param name="watch">True if the caller must call <see cref="TakeOverdue"/> after the time that an append may take.</param>
    public PendingAppend? TryBegin(MessageDraft draft, out bool watch)
    {
        var append = new PendingAppend(draft);
        lock (_lock)
        {
            watch = false;
            if (_count >= options.Value.MaxWaitingAppends || (_count > 0 && _bytes + append.Bytes > options.Value.MaxWaitingAppendBytes))
                return null;
            (append.Since, append.Floor, append.Earlier) = (clock.GetTimestamp(), log.FeedPosition.Value, _newest);
            if (_newest is null)
                _oldest = append;
            else
                _newest.Later = append;
            _newest = append;
            _inTime ??= append;
            _count++;
            _bytes += append.Bytes;
            watch = !_watched;
            _watched = true;
            return append;
        }
    }

    /// <summary>The event was raised, or the append failed.</summary>
    public void End(PendingAppend append)
    {
        lock (_lock)
        {
            if (append.Earlier is { } earlier)
                earlier.Later = append.Later;
            else
                _oldest = append.Later;
            if (append.Later is { } later)
                later.Earlier = append.Earlier;
            else
                _newest = append.Earlier;
            if (_inTime == append)
                _inTime = append.Later;
            _count--;
            _bytes -= append.Bytes;
        }
    }

    /// <summary>Adds those that have waited for too long to the list, each once.</summary>
    /// <returns>After how long to call again; null if no append is left.</returns>
    public TimeSpan? TakeOverdue(List<PendingAppend> overdue)
    {
        lock (_lock)
        {
            for (; _inTime is { } next; _inTime = next.Later)
            {
                var left = _timeout - clock.GetElapsedTime(next.Since);
                if (left > TimeSpan.Zero)
                    return left;
                overdue.Add(next);
            }
            _watched = false;
            return null;
        }
    }
}
