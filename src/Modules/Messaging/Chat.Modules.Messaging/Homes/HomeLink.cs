using Chat.BuildingBlocks.Nodes;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Homes;

/// <summary>
/// What a home can append besides messages, and whether it keeps who is mentioned, threads, and timers. A server of an earlier version would append all as it comes, as a message.
/// </summary>
internal readonly record struct HomeAbilities(bool JudgesChanges, bool AppendsNotices, bool KeepsThreads, bool KeepsTimers)
{
    public bool Covers(MessageContent content) =>
        (!content.IsChange || content.Kind switch
        {
            MessageKind.Notice => AppendsNotices,
            MessageKind.Timer => KeepsTimers,
            _ => JudgesChanges,
        })
        && (KeepsThreads || (content.Mentions is null && content.Thread is null));
}

/// <summary>
/// What was handed to another server and has no answer yet. It is numbered, so that the other begins all of it in this order or none behind a loss. Once closed it stays so:
/// another one begins with the next session.
/// </summary>
internal sealed class HomeLink(NodeId home, long session, IBus bus, TimeProvider clock)
{
    private readonly Lock _lock = new();

    // All under the lock.
    private readonly Dictionary<long, HomeAppend> _unanswered = [];
    private long _last;
    private long _heardAt;
    private int _failures;
    private long? _restsSince;
    private TimeSpan _rest;
    private bool _isClosed;
    private volatile bool _isWithdrawn;

    public NodeId Home => home;

    public HomeAbilities Abilities { get; init; }

    public long Session => session;

    public bool IsOpen
    {
        get
        {
            lock (_lock)
                return !_isClosed;
        }
    }

    /// <summary>Whether nothing more is handed to it for now; it answers what it has begun.</summary>
    public bool IsResting
    {
        get
        {
            lock (_lock)
                return Rests();
        }
    }

    /// <summary>The server is no home any more; it answers what it has begun.</summary>
    public bool IsWithdrawn { get => _isWithdrawn; set => _isWithdrawn = value; }

    /// <returns>False where it is closed.</returns>
    public bool TryHand(HomeAppend append)
    {
        lock (_lock)
        {
            if (_isClosed)
                return false;
            if (_unanswered.Count == 0)
                _heardAt = clock.GetTimestamp();
            _unanswered.Add(++_last, append);
            bus.Send(home, HomeMessages.Topic, HomeMessages.Append(new AppendNumber(session, _last), append.Draft));
            return true;
        }
    }

    /// <summary>The home is alive.</summary>
    public void Heard()
    {
        lock (_lock)
            _heardAt = clock.GetTimestamp();
    }

    /// <returns>What the home has answered; null where it is not waited for any more.</returns>
    public HomeAppend? TakeAnswered(AppendNumber number)
    {
        lock (_lock)
        {
            _failures = 0;
            return Take(number);
        }
    }

    /// <param name="number">What the home has failed on.</param>
    /// <param name="failures">How many, with no success in between.</param>
    /// <returns>As <see cref="TakeAnswered"/>.</returns>
    public HomeAppend? TakeFailed(AppendNumber number, out int failures)
    {
        lock (_lock)
        {
            failures = ++_failures;
            return Take(number);
        }
    }

    /// <returns>False where it rests already.</returns>
    public bool TryRest(TimeSpan time)
    {
        lock (_lock)
        {
            if (Rests())
                return false;
            (_restsSince, _rest) = (clock.GetTimestamp(), time);
            return true;
        }
    }

    private bool Rests() => _restsSince is { } since && clock.GetElapsedTime(since) < _rest;

    private HomeAppend? Take(AppendNumber number)
    {
        _heardAt = clock.GetTimestamp();
        return number.Session == session && _unanswered.Remove(number.Number, out var append) ? append : null;
    }

    /// <summary>Whether something has waited this long without a word from the home.</summary>
    public bool IsSilentFor(TimeSpan time)
    {
        lock (_lock)
            return _unanswered.Count > 0 && clock.GetElapsedTime(_heardAt) >= time;
    }

    /// <returns>The conversations of what has no answer; null where it was closed before.</returns>
    public IReadOnlyList<ConversationAppends>? Close()
    {
        lock (_lock)
        {
            if (_isClosed)
                return null;
            _isClosed = true;
            ConversationAppends[] conversations = [.. _unanswered.Values.Select(append => append.Conversation).Distinct()];
            _unanswered.Clear();
            return conversations;
        }
    }
}
