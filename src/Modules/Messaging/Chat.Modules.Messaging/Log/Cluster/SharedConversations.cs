using System.Collections.Concurrent;
using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Messaging.Log.Cluster;

/// <summary>Conversations that several servers append to: this one has lost a term of each to another server not long ago.</summary>
internal sealed class SharedConversations(TimeProvider clock)
{
    private const int MaxRemembered = 100_000;

    // One that is shared still when it is forgotten is found again, at the price of a term for each server.
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<ConversationId, long> _lostAt = new();

    public void Add(ConversationId conversation)
    {
        if (_lostAt.Count >= MaxRemembered)
            _lostAt.Clear();
        _lostAt[conversation] = clock.GetTimestamp();
    }

    public bool Contains(ConversationId conversation)
    {
        if (!_lostAt.TryGetValue(conversation, out var lostAt))
            return false;
        if (clock.GetElapsedTime(lostAt) < Memory)
            return true;
        _lostAt.TryRemove(KeyValuePair.Create(conversation, lostAt));
        return false;
    }
}
