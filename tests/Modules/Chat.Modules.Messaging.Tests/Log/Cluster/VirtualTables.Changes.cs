using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Cluster;

namespace Chat.Modules.Messaging.Tests.Log.Cluster;

// What the changes of messages add up to. Versions of a value are what the timestamps are in CQL.
internal sealed partial class VirtualTables
{
    public async Task<IReadOnlyList<LogRow>> ReadAtAsync(ConversationId conversation, long bucket, IReadOnlyList<SeqNo> seqNos, CancellationToken ct) =>
        Marked(await ReadAsync($"rows {conversation} {bucket}", cells => WithMarks(cells, cells.Where(cell => cell.Value.Value is LogRow row && seqNos.Contains(row.SeqNo)))));

    // The mark is a column of its own: a row that was written over keeps it.
    public Task MarkChangedAsync(IReadOnlyList<LogRow> rows, CancellationToken ct) => WriteAsync(
        $"rows {rows[0].Message.Conversation} {Buckets.Of(rows[0].SeqNo)}",
        [.. rows.Select(row => (MarkKey(row), new Cell(1, row.SeqNo)))]);

    public Task WriteVersionsAsync(
        ConversationId conversation, IReadOnlyList<StateVersion> states, IReadOnlyList<ReactionVersion> reactions, CancellationToken ct) =>
        WriteAsync($"changes {conversation} {BlockOf(states, reactions)}", [
            .. states.Select(version => (StateKey(version.Target, version.Term), new Cell(2 * version.Last.Value, version with { IsSettled = false, HasEarlier = false }))),
            .. reactions.Select(version => (ReactionKey(version, version.Term), new Cell(2 * version.Last.Value, version with { IsSettled = false, HasEarlier = false })))]);

    /// <summary>Whether what is settled can be written down.</summary>
    public bool CanSettle { get; set; } = true;

    public Task SettleAsync(
        ConversationId conversation, IReadOnlyList<StateVersion> states, IReadOnlyList<ReactionVersion> reactions, CancellationToken ct) =>
        !CanSettle ? Task.FromException(new StoreUnavailableException("Away.")) : WriteAsync($"changes {conversation} {BlockOf(states, reactions)}", [
            .. states.Select(version => (StateKey(version.Target, version.Term), new Cell(2 * version.Last.Value + 1, version with { IsSettled = true, HasEarlier = false, Base = null }))),
            .. states.Where(version => version.HasEarlier).SelectMany(version => Terms(version.Term).Select(term => (StateKey(version.Target, term), new Cell(long.MaxValue, Deleted)))),
            .. reactions.Select(version => (ReactionKey(version, version.Term), new Cell(2 * version.Last.Value + 1, version with { IsSettled = true, HasEarlier = false, Base = null }))),
            .. reactions.Where(version => version.HasEarlier).SelectMany(version => Terms(version.Term).Select(term => (ReactionKey(version, term), new Cell(long.MaxValue, Deleted))))]);

    public async Task<IReadOnlyList<StateVersion>> ReadStateVersionsAsync(ConversationId conversation, IReadOnlyList<SeqNo> targets, CancellationToken ct)
    {
        var found = new List<StateVersion>();
        foreach (var block in targets.GroupBy(Blocks.Of))
        {
            var cells = await ReadAsync($"changes {conversation} {block.Key}", cells => cells.Where(cell => cell.Value.Value is StateVersion version && block.Contains(version.Target)));
            found.AddRange(cells.Values.Select(cell => (StateVersion)cell.Value).GroupBy(version => version.Target)
                .Select(target => target.MaxBy(version => version.Term)! with { HasEarlier = target.Count() > 1 }));
        }
        return found;
    }

    public async Task<IReadOnlyList<ReactionVersion>> ReadReactionVersionsAsync(
        ConversationId conversation, IReadOnlyList<SeqNo> targets, IReadOnlyList<UserId> users, CancellationToken ct)
    {
        var found = new List<ReactionVersion>();
        foreach (var block in targets.GroupBy(Blocks.Of))
            found.AddRange(await ReadReactionsAsync(conversation, block.Key, version => block.Contains(version.Target) && users.Contains(version.User)));
        return found;
    }

    public async Task<IReadOnlyList<ReactionVersion>> ReadReactionVersionsAsync(ConversationId conversation, SeqNo target, ReactionPlace? after, int limit, CancellationToken ct) =>
        [.. (await ReadReactionsAsync(conversation, Blocks.Of(target), version => version.Target == target))
            .OrderBy(version => version.User.Value, StringComparer.Ordinal).ThenBy(version => version.Emoji, StringComparer.Ordinal)
            .Where(version => after is not { } place || string.CompareOrdinal(version.User.Value, place.User.Value) is var order && (order > 0 || (order == 0 && string.CompareOrdinal(version.Emoji, place.Emoji) > 0)))
            .Take(limit)];

    public Task RemoveReactionsAsync(ConversationId conversation, SeqNo target, CancellationToken ct) =>
        RemoveAsync(conversation, target, value => value is ReactionVersion version && version.Target == target);

    public Task RemoveStateAsync(ConversationId conversation, SeqNo target, CancellationToken ct) =>
        RemoveAsync(conversation, target, value => value is StateVersion version && version.Target == target);

    private async Task RemoveAsync(ConversationId conversation, SeqNo target, Func<object, bool> isOf)
    {
        var partition = $"changes {conversation} {Blocks.Of(target)}";
        var cells = await ReadAsync(partition, cells => cells.Where(cell => isOf(cell.Value.Value)));
        await WriteAsync(partition, [.. cells.Keys.Select(key => (key, new Cell(long.MaxValue, Deleted)))]);
    }

    private async Task<IEnumerable<ReactionVersion>> ReadReactionsAsync(ConversationId conversation, long block, Func<ReactionVersion, bool> isAsked)
    {
        var cells = await ReadAsync($"changes {conversation} {block}", cells => cells.Where(cell => cell.Value.Value is ReactionVersion version && isAsked(version)));
        return cells.Values.Select(cell => (ReactionVersion)cell.Value).GroupBy(version => (version.Target, version.User, version.Emoji))
            .Select(key => key.MaxBy(version => version.Term)! with { HasEarlier = key.Count() > 1 });
    }

    // Rows, with the marks that were read with them.
    private static List<LogRow> Marked(IReadOnlyDictionary<string, Cell> cells) =>
        [.. cells.Where(cell => cell.Value.Value is LogRow).Select(cell => (LogRow)cell.Value.Value)
            .Select(row => cells.ContainsKey(MarkKey(row)) ? row with { IsChanged = true } : row)];

    private static IEnumerable<KeyValuePair<string, Cell>> WithMarks(IEnumerable<KeyValuePair<string, Cell>> cells, IEnumerable<KeyValuePair<string, Cell>> rows)
    {
        var asked = rows.ToList();
        var marks = asked.ConvertAll(row => MarkKey((LogRow)row.Value.Value)).ToHashSet();
        return asked.Concat(cells.Where(cell => marks.Contains(cell.Key)));
    }

    private static string MarkKey(LogRow row) => $"{RowKey(row.SeqNo, row.Term)} changed";

    private static IEnumerable<long> Terms(long below) => Enumerable.Range(1, (int)below - 1).Select(term => (long)term);

    private static long BlockOf(IReadOnlyList<StateVersion> states, IReadOnlyList<ReactionVersion> reactions) =>
        Assert.Single(states.Select(version => Blocks.Of(version.Target)).Concat(reactions.Select(version => Blocks.Of(version.Target))).Distinct());

    private static string StateKey(SeqNo target, long term) => $"state {target.Value:D16} {term:D8}";

    private static string ReactionKey(ReactionVersion version, long term) => $"reaction {version.Target.Value:D16} {version.User} {version.Emoji} {term:D8}";
}
