using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Tests.FanOut;

/// <summary>A feed of one stream that is told what was appended, how much of it was raised, and when its server has ended.</summary>
internal sealed class InMemoryFeed : IChangeFeed
{
    private readonly List<FeedEntry> _entries = [];
    private readonly Dictionary<string, FeedPosition> _followers = [];
    private long _raised;

    private long _left;

    /// <summary>Called before entries are read; may throw.</summary>
    public Action Reading { get; set; } = () => { };

    public FeedPosition RaisedUpTo => At(_raised);

    public long? SavedBy(string follower) => _followers.TryGetValue(follower, out var position) ? position.Value : null;

    /// <summary>What is there now was left by a server that is gone, and is raised by none.</summary>
    public void EndServer() => _left = _raised = _entries.Count;

    public void Append(LoggedMessage message, bool isRaised)
    {
        _entries.Add(new FeedEntry(_entries.Count + 1, message.Conversation, message.SeqNo));
        if (isRaised)
            _raised = _entries.Count;
    }

    public ValueTask<IReadOnlyList<FeedRange>> FindUnfinishedAsync(string follower, CancellationToken ct)
    {
        var after = _followers.TryAdd(follower, At(_entries.Count)) ? _entries.Count : _followers[follower].Value;
        return ValueTask.FromResult<IReadOnlyList<FeedRange>>(after < _left ? [new FeedRange(At(after), _left)] : []);
    }

    public ValueTask<IReadOnlyList<FeedRange>> FindSinceAsync(DateTimeOffset since, CancellationToken ct) =>
        ValueTask.FromResult<IReadOnlyList<FeedRange>>([new FeedRange(At(0), _entries.Count)]);

    public ValueTask<IReadOnlyList<FeedEntry>> ReadAsync(FeedRange range, int limit, CancellationToken ct)
    {
        Reading();
        return ValueTask.FromResult<IReadOnlyList<FeedEntry>>(
            [.. _entries.Skip((int)range.After.Value).TakeWhile(entry => entry.Position <= range.UpTo).Take(limit)]);
    }

    public ValueTask SaveFollowerAsync(string follower, FeedPosition position, CancellationToken ct)
    {
        _followers[follower] = position;
        return ValueTask.CompletedTask;
    }

    private static FeedPosition At(long value) => new("epoch", value);
}
