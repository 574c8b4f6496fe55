using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Feed;
using Chat.Modules.Messaging.Inbox;

namespace Chat.Modules.Messaging.Tests.Log.Cluster;

// The tables of the feed and of the inbox, which may be lost.
internal sealed partial class VirtualTables : IFeedTables, IInboxTables
{
    // What the conditional writes of marks have agreed on, and how often a user's part was lost: what was written before that is lost whenever it comes.
    private readonly Dictionary<UserId, InboxMark> _marks = [];
    private readonly Dictionary<UserId, int> _lostTerms = [];
    private readonly Dictionary<UserId, int> _expiries = [];
    private long _versions;

    /// <summary>Under which inboxes are complete.</summary>
    public string? Name { get; set; } = "new";

    /// <summary>A user's part of the inbox is deleted.</summary>
    public void Lose(UserId user)
    {
        _lostTerms[user] = _lostTerms.GetValueOrDefault(user) + 1;
        _marks.Remove(user);
    }

    /// <summary>Only its mark is gone, as it expires before the rest.</summary>
    public void Expire(UserId user)
    {
        _expiries[user] = _expiries.GetValueOrDefault(user) + 1;
        _marks.Remove(user);
    }

    public Task WriteTouchedAsync(Guid stream, long span, ConversationId conversation) =>
        WriteAsync($"touched {stream} {span}", [(conversation.Value, new Cell(1, (span, conversation)))]);

    public async Task<IReadOnlyList<(long Span, ConversationId Conversation)>> ReadTouchedAsync(Guid stream, IReadOnlyList<long> spans, CancellationToken ct) =>
        [.. (await Task.WhenAll(spans.Select(span => ReadAsync($"touched {stream} {span}"))))
            .SelectMany(cells => cells.Values).Select(cell => ((long, ConversationId))cell.Value)];

    public Task SaveStreamAsync(FeedStream stream, CancellationToken ct) =>
        WriteAsync("streams", [($"{stream.Id}", new Cell(++_versions, stream))]);

    public async Task<IReadOnlyList<FeedStream>> ReadStreamsAsync(CancellationToken ct) =>
        [.. (await ReadAsync("streams")).Values.Select(cell => (FeedStream)cell.Value)];

    public Task SaveFollowerAsync(string follower, Guid stream, long position, CancellationToken ct) =>
        WriteAsync($"follower {follower}", [($"{stream}", new Cell(++_versions, (stream, position)))]);

    public async Task<IReadOnlyDictionary<Guid, long>> ReadFollowerAsync(string follower, CancellationToken ct) =>
        (await ReadAsync($"follower {follower}")).Values.Select(cell => ((Guid, long))cell.Value).ToDictionary(saved => saved.Item1, saved => saved.Item2);

    public Task<string?> ReadNameAsync(CancellationToken ct) => Task.FromResult(Name);

    public Task AddAsync(UserId user, IReadOnlyCollection<InboxRow> rows) =>
        WriteAsync(InboxOf(user), [.. rows.Select(row => (RowKey(row), new Cell(1, row)))]);

    public async Task<InboxRows> ReadAsync(UserId user, InboxLevel level, long from, long to, int size, byte[]? next, CancellationToken ct)
    {
        var cells = await ReadAsync(InboxOf(user));
        // Never all at once, and often in pages.
        var rows = cells.Values.Select(cell => cell.Value).OfType<InboxRow>()
            .Where(row => row.Level == level && row.Span >= from && row.Span <= to)
            .OrderByDescending(row => row.Span).ThenBy(row => row.Conversation.Value, StringComparer.Ordinal)
            .Skip(next?[0] ?? 0).ToList();
        var page = Math.Min(rows.Count, time.Random.Next(1, 6));
        return new InboxRows(
            rows[..page], to == long.MaxValue && next is null ? MarkIn(user, cells) : null, page < rows.Count ? [(byte)(page + (next?[0] ?? 0))] : null);
    }

    public async Task<InboxMark?> ReadMarkAsync(UserId user, CancellationToken ct) => MarkIn(user, await ReadAsync(InboxOf(user)));

    public Task<bool> TryMarkAsync(UserId user, InboxMark mark, Guid? token, CancellationToken ct)
    {
        var answer = new TaskCompletionSource<bool>();
        var fault = time.Chance(Faults);
        time.At(fault ? time.Between(1, 2_000) : time.Between(0.5, 6), async () =>
        {
            if (_marks.TryGetValue(user, out var agreed) ? agreed.Token != token : token is not null)
            {
                answer.TrySetResult(false);
                return;
            }
            var version = ++_versions;
            _marks[user] = mark;
            try
            {
                await WriteAsync(InboxOf(user), [(NameOfMark(user), new Cell(version, mark))]);
                if (!fault)
                    answer.TrySetResult(true);
            }
            catch (Exception e)
            {
                answer.TrySetException(e);
            }
        });
        GiveUp(answer);
        return answer.Task;
    }

    private InboxMark? MarkIn(UserId user, IReadOnlyDictionary<string, Cell> cells) => cells.TryGetValue(NameOfMark(user), out var mark) ? (InboxMark)mark.Value : null;

    private string NameOfMark(UserId user) => $"mark {_expiries.GetValueOrDefault(user)}";

    // What is lost is another partition then.
    private string InboxOf(UserId user) => $"inbox {user} {_lostTerms.GetValueOrDefault(user)}";

    private static string RowKey(InboxRow row) => $"{(int)row.Level} {row.Span:D20} {row.Conversation}";
}
