using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Rocks;

namespace Chat.Modules.Messaging.Log.Embedded;

// Timers.
internal sealed partial class RocksMessageLog
{
    public ValueTask<IReadOnlyDictionary<ConversationId, ConversationTimer>> ReadTimersAsync(IReadOnlyCollection<ConversationId> conversations, CancellationToken ct)
    {
        var found = new Dictionary<ConversationId, ConversationTimer>();
        using var view = _store.View();
        foreach (var conversation in conversations)
        {
            if (_states.ReadTimer(view, conversation) is { } timer)
                found[conversation] = timer;
        }
        return ValueTask.FromResult<IReadOnlyDictionary<ConversationId, ConversationTimer>>(found);
    }

    /// <summary>Whether a conversation ever had a timer.</summary>
    public bool HasTimer(ConversationId conversation)
    {
        using var view = _store.View();
        return _states.ReadTimer(view, conversation) is not null;
    }

    /// <summary>The timers of conversations after one, in the order of their keys; null for the first.</summary>
    public IReadOnlyList<(ConversationId Conversation, ConversationTimer Timer)> ReadTimers(ConversationId? after, int limit)
    {
        var found = new List<(ConversationId, ConversationTimer)>();
        using var view = _store.View();
        using var timers = view.Walk(_store.Default);
        for (timers.Seek(after is { } last ? [.. StateKeys.Timer(last), 0] : StateKeys.AllTimers);
            found.Count < limit && timers.Valid() && timers.GetKeySpan().StartsWith(StateKeys.AllTimers);
            timers.Next())
            found.Add((LogKeys.ReadMessage(timers.GetKeySpan()[StateKeys.AllTimers.Length..]).Conversation, StateKeys.ReadTimer(timers.GetValueSpan())));
        timers.ThrowIfDamaged();
        return found;
    }
}
