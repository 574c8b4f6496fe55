using Chat.BuildingBlocks.Errors;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Messaging.Sending;

/// <summary>An append from its beginning until its message was raised as <see cref="MessageAppended"/>; its task is what the sender waits for.</summary>
internal sealed class PendingAppend(MessageDraft draft) : TaskCompletionSource<Result<SentMessage>>
{
    public MessageDraft Draft => draft;

    /// <summary>What it takes, about: the content in memory and as it is written, and a kilobyte for all else.</summary>
    public long Bytes { get; } = 1_024 + 2L * ContentCodec.SizeOf(draft.Content);

    /// <summary>When it began, by the clock's timestamps.</summary>
    public long Since { get; set; }

    /// <summary>In the log's feed this one stands above it.</summary>
    public long Floor { get; set; }

    public PendingAppend? Earlier { get; set; }

    public PendingAppend? Later { get; set; }
}

/// <summary>The appends under way in the order in which they began: so many, so many bytes, how long the oldest has waited, and what all before it have raised.</summary>
internal sealed class AppendsUnderWay(IMessageLog log, IOptions<MessagingOptions> options, TimeProvider clock)
{
    private readonly TimeSpan _timeout = TimeSpan.FromMilliseconds(options.Value.AppendTimeoutMs);
    private readonly Lock _lock = new();

    // All below are guarded by _lock.
    private PendingAppend? _oldest;
    private PendingAppend? _newest;

    // The oldest that was not taken as overdue.
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

    /// <summary>Zero where none is under way.</summary>
    public TimeSpan OldestWait
    {
        get
        {
            lock (_lock)
                return _oldest is { } oldest ? clock.GetElapsedTime(oldest.Since) : TimeSpan.Zero;
        }
    }

    /// <summary>Up to here each message that was acked has been raised.</summary>
    public FeedPosition RaisedUpTo
    {
        get
        {
            // First: an append that begins after this look stands above it.
            var present = log.FeedPosition;
            lock (_lock)
                return _oldest is { } oldest && oldest.Floor < present.Value ? present with { Value = oldest.Floor } : present;
        }
    }

    /// <summary>Begins an append; null where there is no room. One that is larger than the limit of bytes has room where no other is under way.</summary>
    /// <param name="draft">What is appended.</param>
    /// <param name="watch">Nobody will look for overdue ones: after the time that an append may take, <see cref="TakeOverdue"/> is to be called.</param>
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

    /// <summary>Its message was raised, or it has failed.</summary>
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

    /// <summary>Adds those that have been under way for too long, each of them once.</summary>
    /// <returns>After how long to look again; null where none is left to look for.</returns>
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
