using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log.Cluster;

namespace Chat.Modules.Messaging.Tests.Log.Cluster;

/// <summary>
/// Three replicas in virtual time that do all a real cluster may: a write reaches each at a time of its own, or hours late, and its answer
/// may be lost; a read asks two, and mends what they disagree in before it answers; a conditional write whose answer is lost may still
/// happen later. What it promises is only what <see cref="ILogTables"/> asks for.
/// </summary>
internal sealed partial class VirtualTables(VirtualTime time) : ILogTables
{
    private const int Quorum = 2;

    private static readonly object Deleted = new();

    // Cells by partition, ordered within one.
    private readonly Dictionary<string, SortedDictionary<string, Cell>>[] _replicas = [[], [], []];

    // What the conditional writes have agreed on; replicas hear of it afterwards.
    private readonly Dictionary<ConversationId, (long Version, ConversationState State)> _agreed = [];

    /// <summary>How likely an operation goes wrong.</summary>
    public double Faults { get; set; }

    /// <summary>How many times as long as usual all takes.</summary>
    public double Slowness { get; set; } = 1;

    public Task<string> OpenEpochAsync(string proposed, CancellationToken ct) => Task.FromResult("epoch");

    public async Task<ConversationState?> ReadStateAsync(ConversationId conversation, CancellationToken ct)
    {
        var cells = await ReadAsync($"state {conversation}");
        if (!cells.TryGetValue("term", out var state))
            return null;
        var bucket = cells.TryGetValue("bucket", out var opened) ? opened.Version : 0;
        return (ConversationState)state.Value with { Bucket = bucket, HasTimer = cells.ContainsKey("timed") };
    }

    public async Task<IReadOnlyList<ConversationState?>> ReadStatesAsync(IReadOnlyList<ConversationId> conversations, CancellationToken ct) =>
        await Task.WhenAll(conversations.Select(conversation => ReadStateAsync(conversation, ct)));

    /// <summary>What answers instead where it returns something.</summary>
    public Func<Task<bool>?> BeginningTerm { get; set; } = () => null;

    public Task<bool> BeginTermAsync(ConversationId conversation, long before, Guid writer, TimeSpan busyFor, CancellationToken ct) =>
        BeginningTerm() ?? ChangeAsync(conversation, state => (state?.Term ?? 0) == before
            ? (state ?? ConversationStates.None) with { Term = before + 1, BusyFor = busyFor }
            : null);

    public Task<bool> SetFenceAsync(ConversationId conversation, long term, SeqNo fence, CancellationToken ct) =>
        ChangeAsync(conversation, state => state?.Term == term ? state with { FencedTerm = term, Fence = fence } : null);

    public Task OpenBucketAsync(ConversationId conversation, long bucket, CancellationToken ct) =>
        WriteAsync($"state {conversation}", [("bucket", new Cell(bucket, bucket))]);

    public Task WriteClaimAsync(Claim claim, CancellationToken ct) =>
        WriteAsync($"claims {AttemptKey.Of(claim.Id)}", [($"{claim.Id} {claim.Term} {claim.Conversation} {claim.After}", new Cell(1, claim))]);

    public async Task<IReadOnlyList<Claim>> ReadClaimsAsync(long key, CancellationToken ct) =>
        [.. (await ReadAsync($"claims {key}")).Values.Select(cell => (Claim)cell.Value)];

    /// <summary>Awaited before rows are written: the writer is held up.</summary>
    public Func<Task> BeforeRows { get; set; } = () => Task.CompletedTask;

    /// <summary>Happens once, before a writer hears that its rows are written.</summary>
    public Func<IReadOnlyList<LoggedMessage>, Task>? AfterRows { get; set; }

    /// <summary>What a term ever wrote at a seqNo.</summary>
    public Dictionary<(ConversationId Conversation, SeqNo SeqNo, long Term), LoggedMessage> Written { get; } = [];

    public async Task WriteRowsAsync(long term, IReadOnlyList<LoggedMessage> messages, CancellationToken ct)
    {
        await BeforeRows();
        foreach (var message in messages)
            Written[(message.Conversation, message.SeqNo, term)] = message;
        await WriteAsync(
            $"rows {messages[0].Conversation} {Buckets.Of(messages[0].SeqNo)}",
            [.. messages.Select(message => (RowKey(message.SeqNo, term), new Cell(1, new LogRow(term, messages[0].SeqNo, message))))]);
        if (AfterRows is { } happens)
        {
            AfterRows = null;
            await happens(messages);
        }
    }

    public Task EraseAsync(LogRow row, CancellationToken ct)
    {
        var erased = row with { Message = row.Message with { Content = row.Message.Content.ToErased() }, IsChanged = false };
        return WriteAsync($"rows {row.Message.Conversation} {Buckets.Of(row.SeqNo)}", [(RowKey(row.SeqNo, row.Term), new Cell(2, erased))]);
    }

    public Task RemoveAsync(IReadOnlyList<LogRow> rows, CancellationToken ct) => Task.WhenAll(rows.Select(row => WriteAsync(
        $"rows {row.Message.Conversation} {Buckets.Of(row.Message.SeqNo)}", [(RowKey(row.Message.SeqNo, row.Term), new Cell(3, Deleted))])));

    public async Task<IReadOnlyList<LogRow>> ReadUpAsync(ConversationId conversation, long bucket, SeqNo after, int limit, CancellationToken ct) =>
        Marked(await ReadAsync($"rows {conversation} {bucket}", cells => WithMarks(cells, cells
            .Where(cell => cell.Value.Value is LogRow row && row.SeqNo > after).Take(limit))));

    public async Task<IReadOnlyList<LogRow>> ReadDownAsync(ConversationId conversation, long bucket, SeqNo before, int limit, CancellationToken ct) =>
        [.. Enumerable.Reverse(Marked(await ReadAsync($"rows {conversation} {bucket}", cells => WithMarks(cells, cells
            .Reverse().Where(cell => cell.Value.Value is LogRow row && row.SeqNo < before).Take(limit)))))];

    public async Task<IReadOnlyList<LogRow>> ReadNewestAsync(IReadOnlyList<ConversationId> conversations, long bucket, bool withContent, CancellationToken ct) =>
        [.. (await Task.WhenAll(conversations.Select(conversation => ReadDownAsync(conversation, bucket, new SeqNo(SeqNo.MaxValue), 1, ct)))).SelectMany(rows => rows)];

    public Task AddDirectAsync(ConversationId conversation, UserId? begunBy, CancellationToken ct) => Task.WhenAll(
        WriteAsync($"directs {conversation.Users.First}", [(conversation.Value, new Cell(1, conversation))]),
        WriteAsync($"directs {conversation.Users.Second}", [(conversation.Value, new Cell(1, conversation))]));

    public Task<int> CountDirectsBegunAsync(UserId user, int limit, CancellationToken ct) => Task.FromResult(0);

    public Task<IReadOnlyList<ConversationId>> FindDirectsAsync(UserId user, IReadOnlyList<ConversationId> conversations, CancellationToken ct) =>
        throw new NotSupportedException();

    public Task<int> CountDirectsAsync(UserId user, int limit, CancellationToken ct) => Task.FromResult(0);

    public async Task<IReadOnlyList<ConversationId>> ReadDirectsAsync(UserId user, CancellationToken ct) =>
        [.. (await ReadAsync($"directs {user}")).Values.Select(cell => (ConversationId)cell.Value)];

    /// <summary>Puts a message there as if a host had written it long ago.</summary>
    public void Seed(LoggedMessage message)
    {
        _agreed[message.Conversation] = (1, new ConversationState(1, TimeSpan.Zero, 1, message.SeqNo, 0));
        foreach (var replica in _replicas)
        {
            Apply(replica, $"rows {message.Conversation} 0", RowKey(message.SeqNo, 1), new Cell(1, new LogRow(1, message.SeqNo, message)));
            Apply(replica, $"state {message.Conversation}", "term", new Cell(1, _agreed[message.Conversation].State));
        }
    }

    /// <summary>What a read or a write of a partition waits for before it begins.</summary>
    public Func<string, Task>? Before { get; set; }

    private async Task WriteAsync(string partition, IReadOnlyList<(string Key, Cell Cell)> cells)
    {
        if (Before is { } before)
            await before(partition);
        await BeginWriteAsync(partition, cells);
    }

    private Task BeginWriteAsync(string partition, IReadOnlyList<(string Key, Cell Cell)> cells)
    {
        var answer = new TaskCompletionSource();
        var answered = 0;
        foreach (var replica in _replicas)
        {
            // A replica that was away is told when it is back.
            var late = time.Chance(Faults);
            time.At(late ? Between(50, 20_000) : Between(0.1, 4), () =>
            {
                foreach (var (key, cell) in cells)
                    Apply(replica, partition, key, cell);
                if (!late && ++answered == Quorum && !time.Chance(Faults))
                    time.At(Between(0, 1), () => answer.TrySetResult());
            });
        }
        GiveUp(answer);
        return answer.Task;
    }

    private Task<IReadOnlyDictionary<string, Cell>> ReadAsync(string partition) => ReadAsync(partition, cells => cells);

    private async Task<IReadOnlyDictionary<string, Cell>> ReadAsync(
        string partition, Func<IEnumerable<KeyValuePair<string, Cell>>, IEnumerable<KeyValuePair<string, Cell>>> ask)
    {
        if (Before is { } before)
            await before(partition);
        return await BeginReadAsync(partition, ask);
    }

    private Task<IReadOnlyDictionary<string, Cell>> BeginReadAsync(
        string partition, Func<IEnumerable<KeyValuePair<string, Cell>>, IEnumerable<KeyValuePair<string, Cell>>> ask)
    {
        var answer = new TaskCompletionSource<IReadOnlyDictionary<string, Cell>>();
        var asked = _replicas.OrderBy(_ => time.Random.Next()).Take(Quorum).ToList();
        var merged = new SortedDictionary<string, Cell>(StringComparer.Ordinal);
        var answered = 0;
        foreach (var replica in asked)
        {
            time.At(Between(0.1, 4), () =>
            {
                foreach (var (key, cell) in replica.GetValueOrDefault(partition, []))
                    Apply(merged, key, cell);
                if (++answered < Quorum || time.Chance(Faults))
                    return;
                // Those that were asked have what the reader gets before it does, and no more than that: a page tears what was written together.
                var page = new SortedDictionary<string, Cell>(ask(merged.Where(cell => cell.Value.Value != Deleted)).ToDictionary(), StringComparer.Ordinal);
                time.At(Between(0, 2), () =>
                {
                    foreach (var (key, cell) in page)
                        asked.ForEach(one => Apply(one, partition, key, cell));
                    time.At(Between(0, 1), () => answer.TrySetResult(page));
                });
            });
        }
        GiveUp(answer);
        return answer.Task;
    }

    private Task<bool> ChangeAsync(ConversationId conversation, Func<ConversationState?, ConversationState?> change)
    {
        var answer = new TaskCompletionSource<bool>();
        var fault = time.Chance(Faults);
        var never = fault && time.Chance(0.3);
        time.At(fault ? Between(1, 2_000) : Between(0.5, 6), async () =>
        {
            if (never)
                return;
            var (version, state) = _agreed.GetValueOrDefault(conversation);
            if (change(state) is not { } changed)
            {
                answer.TrySetResult(false);
                return;
            }
            _agreed[conversation] = (version + 1, changed);
            try
            {
                await WriteAsync($"state {conversation}", [("term", new Cell(version + 1, changed))]);
                if (!fault)
                    answer.TrySetResult(true);
            }
            catch (StoreUnavailableException e)
            {
                answer.TrySetException(e);
            }
        });
        GiveUp(answer);
        return answer.Task;
    }

    private void GiveUp<T>(TaskCompletionSource<T> answer) => time.At(
        Slowness * TimeSpan.FromMilliseconds(100), () => answer.TrySetException(new StoreUnavailableException("No answer in time.")));

    private void GiveUp(TaskCompletionSource answer) => time.At(
        Slowness * TimeSpan.FromMilliseconds(100), () => answer.TrySetException(new StoreUnavailableException("No answer in time.")));

    private TimeSpan Between(double fromMs, double toMs) => Slowness * time.Between(fromMs, toMs);

    private static string RowKey(SeqNo seqNo, long term) => $"{seqNo.Value:D16} {term:D8}";

    private static void Apply(Dictionary<string, SortedDictionary<string, Cell>> replica, string partition, string key, Cell cell)
    {
        if (!replica.TryGetValue(partition, out var cells))
            replica[partition] = cells = new SortedDictionary<string, Cell>(StringComparer.Ordinal);
        Apply(cells, key, cell);
    }

    private static void Apply(SortedDictionary<string, Cell> cells, string key, Cell cell)
    {
        if (!cells.TryGetValue(key, out var old) || old.Version < cell.Version)
            cells[key] = cell;
    }

    /// <summary>A value; of two the higher version stays.</summary>
    private sealed record Cell(long Version, object Value);
}
