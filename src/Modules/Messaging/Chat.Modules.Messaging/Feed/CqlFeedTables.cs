using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Messaging.Log.Cluster;

namespace Chat.Modules.Messaging.Feed;

/// <summary>Tables <c>messaging_touched</c>, <c>messaging_streams</c> and <c>messaging_followers</c> (Log/Cluster/cql).</summary>
internal sealed class CqlFeedTables : IFeedTables
{
    // Rows of one partition in a request.
    private const int MaxRows = 64;

    private readonly ICqlSession _session;

    // What waits of one span is one partition.
    private readonly Coalescer<(Guid Stream, long Span, ConversationId Conversation), bool> _touched;

    public CqlFeedTables(ICqlSession session, TimeProvider clock)
    {
        _session = session;
        _touched = new(MaxRows, one => one.Span, WriteTouchedAsync, clock);
    }

    public Task WriteTouchedAsync(Guid stream, long span, ConversationId conversation) => _touched.SendAsync((stream, span, conversation));

    public async Task<IReadOnlyList<(long Span, ConversationId Conversation)>> ReadTouchedAsync(Guid stream, IReadOnlyList<long> spans, CancellationToken ct) =>
        await ReadAllAsync(
            new("SELECT span, conversation FROM messaging_touched WHERE stream = ? AND span IN ?", stream, spans.ToList()),
            row => (row.Get<long>(0), ConversationId.Parse(row.Get<string>(1))), ct);

    public Task SaveStreamAsync(FeedStream stream, CancellationToken ct) => _session.ExecuteAsync(
        new("INSERT INTO messaging_streams (log, stream, first, until, renewed) VALUES ('messages', ?, ?, ?, ?)",
            stream.Id, stream.First, stream.Until, stream.Renewed), ct);

    public async Task<IReadOnlyList<FeedStream>> ReadStreamsAsync(CancellationToken ct) => await ReadAllAsync(
        new("SELECT stream, first, until, renewed FROM messaging_streams WHERE log = 'messages'"),
        row => new FeedStream(row.Get<Guid>(0), row.Get<long>(1), row.Get<long>(2), row.Get<DateTimeOffset>(3)), ct);

    public Task SaveFollowerAsync(string follower, Guid stream, long position, CancellationToken ct) => _session.ExecuteAsync(
        new("INSERT INTO messaging_followers (follower, stream, position) VALUES (?, ?, ?)", follower, stream, position), ct);

    public async Task<IReadOnlyDictionary<Guid, long>> ReadFollowerAsync(string follower, CancellationToken ct) =>
        (await ReadAllAsync(
            new("SELECT stream, position FROM messaging_followers WHERE follower = ?", follower), row => (row.Get<Guid>(0), row.Get<long>(1)), ct))
        .ToDictionary(row => row.Item1, row => row.Item2);

    private async Task<IReadOnlyList<bool>> WriteTouchedAsync(IReadOnlyList<(Guid Stream, long Span, ConversationId Conversation)> touched)
    {
        var inserts = touched.Select(one => new CqlStatement(
            "INSERT INTO messaging_touched (stream, span, conversation) VALUES (?, ?, ?)", one.Stream, one.Span, one.Conversation.Value)).ToList();
        await (inserts is [var only] ? _session.ExecuteAsync(only) : _session.ExecuteBatchAsync(inserts));
        return new bool[touched.Count];
    }

    private async Task<List<T>> ReadAllAsync<T>(CqlStatement select, Func<CqlRow, T> read, CancellationToken ct)
    {
        var found = new List<T>();
        for (CqlStatement? next = select; next is not null;)
        {
            var page = await _session.ExecuteAsync(next, ct);
            found.AddRange(page.Rows.Select(read));
            next = page.PagingState is null ? null : next.After(page.PagingState);
        }
        return found;
    }
}
