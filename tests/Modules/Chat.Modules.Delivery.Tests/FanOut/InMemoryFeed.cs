using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Tests.FanOut;

/// <summary>A feed that is told what was appended, and how much of it was raised.</summary>
internal sealed class InMemoryFeed : IChangeFeed
{
    private readonly List<FeedEntry> _entries = [];
    private readonly Dictionary<string, FeedPosition> _followers = [];
    private long _raised;

    public FeedPosition Current => At(_entries.Count);

    public FeedPosition Raised => At(_raised);

    public void Append(LoggedMessage message, bool isRaised)
    {
        _entries.Add(new FeedEntry(_entries.Count + 1, message.Conversation, message.SeqNo));
        if (isRaised)
            _raised = _entries.Count;
    }

    public ValueTask<IReadOnlyList<FeedEntry>> ReadAfterAsync(FeedPosition after, int limit, CancellationToken ct) =>
        ValueTask.FromResult<IReadOnlyList<FeedEntry>>([.. _entries.Skip((int)after.Value).Take(limit)]);

    public ValueTask<FeedPosition?> ReadFollowerAsync(string follower, CancellationToken ct) =>
        ValueTask.FromResult<FeedPosition?>(_followers.TryGetValue(follower, out var position) ? position : null);

    public ValueTask SaveFollowerAsync(string follower, FeedPosition position, CancellationToken ct)
    {
        _followers[follower] = position;
        return ValueTask.CompletedTask;
    }

    private static FeedPosition At(long value) => new("epoch", value);
}
