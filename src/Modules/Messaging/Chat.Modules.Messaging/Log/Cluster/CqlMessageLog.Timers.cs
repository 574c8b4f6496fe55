using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log.Cluster;

// Timers.
internal sealed partial class CqlMessageLog
{
    // Conversations whose timers are read at the same time.
    private const int TimersAtOnce = 16;

    public async ValueTask<LoggedMessage?> ReadStoredAsync(ConversationId conversation, SeqNo seqNo, CancellationToken ct) =>
        await _reader.ReadAtAsync(conversation, [seqNo], ct) is [var row] ? row.Message : null;

    public async ValueTask<IReadOnlyDictionary<ConversationId, ConversationTimer>> ReadTimersAsync(IReadOnlyCollection<ConversationId> conversations, CancellationToken ct)
    {
        var found = new Dictionary<ConversationId, ConversationTimer>();
        foreach (var some in conversations.Distinct().Chunk(ILogTables.MaxPartitionsRead))
        {
            var states = await _tables.ReadStatesAsync(some, ct);
            foreach (var timed in some.Where((_, i) => states[i] is { HasTimer: true }).Chunk(TimersAtOnce))
            {
                var timers = await Task.WhenAll(timed.Select(conversation => _changes.ReadStatesAsync(conversation, [TimerState.Target], ct)));
                foreach (var (conversation, read) in timed.Zip(timers))
                {
                    if (TimerState.Of(read.GetValueOrDefault(TimerState.Target)) is { } timer)
                        found[conversation] = timer;
                }
            }
        }
        return found;
    }
}
