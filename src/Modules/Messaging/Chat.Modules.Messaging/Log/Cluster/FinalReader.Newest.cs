using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Messaging.Log.Cluster;

// The newest messages of many conversations: the same judgement, for as many as a request may ask for at once.
internal sealed partial class FinalReader
{
    // Requests for one caller.
    private const int ReadsAtOnce = 4;

    // Conversations read one by one for one caller.
    private const int SinglesAtOnce = 16;

    // A conversation that changes hosts each time is read by itself then.
    private const int MaxRounds = 3;

    /// <summary>The newest entry of each conversation, in their order; null where there is none.</summary>
    public async Task<IReadOnlyList<LogRow?>> ReadNewestAsync(IReadOnlyList<ConversationId> conversations, bool withContent, CancellationToken ct)
    {
        var found = new List<LogRow?>(conversations.Count);
        foreach (var wave in conversations.Chunk(ILogTables.MaxPartitionsRead).Chunk(ReadsAtOnce))
            found.AddRange((await Task.WhenAll(wave.Select(some => ReadTogetherAsync(some, withContent, ct)))).SelectMany(newest => newest));
        return found;
    }

    private async Task<IEnumerable<LogRow?>> ReadTogetherAsync(ConversationId[] conversations, bool withContent, CancellationToken ct)
    {
        var found = new Dictionary<ConversationId, LogRow>();
        var alone = new List<ConversationId>();
        var asked = await StatesBeforeAsync(conversations.Distinct().ToList(), ct);
        for (var round = 0; asked.Count > 0; round++)
        {
            var rows = await ReadRowsAsync(asked, withContent, ct);
            var states = await tables.ReadStatesAsync([.. asked.Select(one => one.Conversation)], ct);
            var again = new List<(ConversationId, ConversationState)>();
            foreach (var ((conversation, before), state) in asked.Zip(states))
            {
                Remember(conversation, state!, SeqNo.None);
                var agree = (before.Term, before.FencedTerm, before.Bucket) == (state!.Term, state.FencedTerm, state.Bucket);
                if (agree && rows.TryGetValue(conversation, out var row) && IsFinal(conversation, row, state))
                {
                    Remember(conversation, state, row.SeqNo);
                    found[conversation] = row;
                }
                else if (agree || round + 1 == MaxRounds)
                    alone.Add(conversation);
                else
                    again.Add((conversation, state));
            }
            asked = again;
        }
        foreach (var wave in alone.Chunk(SinglesAtOnce))
        {
            foreach (var page in await Task.WhenAll(wave.Select(one => ReadDownAsync(one, new SeqNo(SeqNo.MaxValue), 1, ct))))
            {
                if (page.Rows is [var newest])
                    found[newest.Message.Conversation] = newest;
            }
        }
        return conversations.Select(conversation => found.TryGetValue(conversation, out var row) ? row : default(LogRow?));
    }

    // What was seen last, or is read now. Those without one have no message.
    private async Task<List<(ConversationId Conversation, ConversationState State)>> StatesBeforeAsync(List<ConversationId> conversations, CancellationToken ct)
    {
        var unknown = conversations.FindAll(conversation => !_known.ContainsKey(conversation));
        var read = unknown.Count == 0 ? [] : await tables.ReadStatesAsync(unknown, ct);
        var states = unknown.Zip(read).ToDictionary(one => one.First, one => one.Second);
        return [.. conversations
            .Select(conversation => (conversation, _known.TryGetValue(conversation, out var known) ? known.State : states.GetValueOrDefault(conversation)!))
            .Where(one => one.Item2 is not null)];
    }

    private async Task<Dictionary<ConversationId, LogRow>> ReadRowsAsync(
        List<(ConversationId Conversation, ConversationState State)> asked, bool withContent, CancellationToken ct)
    {
        var rows = await Task.WhenAll(asked.GroupBy(one => one.State.Bucket).Select(bucket =>
            tables.ReadNewestAsync([.. bucket.Select(one => one.Conversation)], bucket.Key, withContent, ct)));
        return rows.SelectMany(some => some).ToDictionary(row => row.Message.Conversation);
    }

    private bool IsFinal(ConversationId conversation, LogRow row, ConversationState state) =>
        state.Counts(row) && state.Settles(row)
        && GaplessRows.Count([row], new SeqNo(row.SeqNo.Value - 1), FloorOf(conversation, state)) == 1;
}
