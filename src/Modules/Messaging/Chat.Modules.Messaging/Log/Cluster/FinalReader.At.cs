using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Messaging.Log.Cluster;

// Entries that are known by their seqNos.
internal sealed partial class FinalReader
{
    /// <summary>The rows at some seqNos, in any order; there is none for a seqNo without an entry.</summary>
    public async Task<List<LogRow>> ReadAtAsync(ConversationId conversation, IReadOnlyCollection<SeqNo> seqNos, CancellationToken ct)
    {
        if (seqNos.Count == 0)
            return [];
        var floor = await FindFloorAsync(conversation, seqNos.Max(), ct);
        var final = ReadFinalAsync(tables, conversation, seqNos.Where(seqNo => seqNo <= floor), ct);
        // Above the newest entry that is known, as a rule; one by one, as each may need those before it to be decided.
        var above = seqNos.Where(seqNo => seqNo > floor).Select(seqNo => ReadUpAsync(conversation, new SeqNo(seqNo.Value - 1), 1, ct)).ToList();
        var rows = await final;
        foreach (var page in await Task.WhenAll(above))
            rows.AddRange(page.Rows.Where(row => seqNos.Contains(row.SeqNo)));
        return rows;
    }

    /// <summary>As <see cref="ReadAtAsync"/>, for seqNos up to which everything is final: the row of the highest term counts.</summary>
    public static async Task<List<LogRow>> ReadFinalAsync(ILogTables tables, ConversationId conversation, IEnumerable<SeqNo> seqNos, CancellationToken ct)
    {
        var reads = seqNos.Where(seqNo => seqNo != SeqNo.None).Distinct().GroupBy(Buckets.Of)
            .SelectMany(bucket => bucket.Chunk(ILogTables.MaxKeysRead).Select(some => tables.ReadAtAsync(conversation, bucket.Key, some, ct)));
        return [.. (await Task.WhenAll(reads)).SelectMany(rows => rows).GroupBy(row => row.SeqNo).Select(rows => rows.MaxBy(row => row.Term))];
    }

    // Everything up to it is final. At least the one that is asked for, if it has an entry.
    private async Task<SeqNo> FindFloorAsync(ConversationId conversation, SeqNo highest, CancellationToken ct)
    {
        if (_known.TryGetValue(conversation, out var known) && FloorOf(conversation, known.State) is var floor && floor >= highest)
            return floor;
        var page = await ReadUpAsync(conversation, new SeqNo(Math.Max(0, highest.Value - 1)), 1, ct);
        return FloorOf(conversation, page.State);
    }
}
