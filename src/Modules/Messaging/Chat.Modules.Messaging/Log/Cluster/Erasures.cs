using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log.Cluster;

/// <summary>
/// Erases what deleted messages have said, one after the other, after the answer: readers know from their states that they are deleted. What could not be erased is tried again by
/// <see cref="ErasureFollower"/>, on this server or, when it is gone, on another.
/// </summary>
internal sealed class Erasures(ILogTables tables, FinalReader reader, ChangeReader changes, Attempts attempts)
{
    // Of some 60 bytes. Beyond it none is noted, and none counts as done: whoever follows this server finds them.
    private const int MaxWaiting = 100_000;

    private const int ReactionsAtOnce = 200;
    private const int ErasedAtOnce = 8;

    private readonly Lock _lock = new();

    // All under _lock.
    private readonly Queue<(ConversationId Conversation, SeqNo Message)> _waiting = new();
    private readonly List<(ConversationId Conversation, SeqNo Message)> _failed = [];
    private bool _running;
    private bool _hasOverflowed;

    /// <summary>Whether all that were ever added are erased.</summary>
    public bool AreDone
    {
        get
        {
            lock (_lock)
                return !_running && _failed.Count == 0 && !_hasOverflowed;
        }
    }

    /// <summary>To be called before the deletion is answered.</summary>
    public void Add(ConversationId conversation, SeqNo message)
    {
        lock (_lock)
        {
            if (_waiting.Count + _failed.Count >= MaxWaiting)
            {
                _hasOverflowed = true;
                return;
            }
            _waiting.Enqueue((conversation, message));
            if (_running)
                return;
            _running = true;
        }
        _ = RunAsync();
    }

    /// <summary>Tries again those that failed.</summary>
    public void Retry()
    {
        lock (_lock)
        {
            _failed.ForEach(_waiting.Enqueue);
            _failed.Clear();
            if (_running || _waiting.Count == 0)
                return;
            _running = true;
        }
        _ = RunAsync();
    }

    /// <summary>Erases the content of a message and its edits, and all that says who reacted; may be repeated.</summary>
    public async Task EraseAsync(ConversationId conversation, SeqNo message, IReadOnlyList<SeqNo> edits, CancellationToken ct)
    {
        // The message last: as long as it is not erased, all of it is known to be left to do.
        var rows = await reader.ReadAtAsync(conversation, [.. edits, message], ct);
        if (rows.SelectMany(row => ConversationWriter.MentionsIn(row.Message)).Distinct().ToList() is { Count: > 0 } mentions)
            await tables.RemoveMentionsAsync(conversation, mentions, ct);
        foreach (var row in rows.OrderBy(row => row.SeqNo == message))
        {
            if (row.Message.Content.Kind != MessageKind.Erased)
                await attempts.EraseAsync(row.Message, ct);
        }
    }

    /// <summary>
    /// Erases the newest entry of each reaction to a message that has expired, and then who has set it; may be repeated. A deletion cannot: it has removed before who has reacted, as nobody may be
    /// told of them any more.
    /// </summary>
    public async Task EraseReactionsAsync(ConversationId conversation, SeqNo message, CancellationToken ct)
    {
        for (ReactionPlace? after = null; ;)
        {
            var some = await changes.ReadReactionsAsync(conversation, message, after, ReactionsAtOnce, ct);
            var rows = await reader.ReadAtAsync(conversation, [.. some.Select(version => version.Now?.Entry).OfType<SeqNo>()], ct);
            foreach (var entries in rows.Where(row => row.Message.Content.Kind != MessageKind.Erased).Chunk(ErasedAtOnce))
                await Task.WhenAll(entries.Select(row => attempts.EraseAsync(row.Message, ct)));
            if (some.Count < ReactionsAtOnce)
                break;
            after = new ReactionPlace(some[^1].User, some[^1].Emoji);
        }
        await tables.RemoveReactionsAsync(conversation, message, ct);
    }

    private async Task RunAsync()
    {
        while (true)
        {
            (ConversationId Conversation, SeqNo Message) next;
            lock (_lock)
            {
                if (!_waiting.TryDequeue(out next))
                {
                    _running = false;
                    return;
                }
            }
            try
            {
                await EraseDeletedAsync(next.Conversation, next.Message);
            }
            catch (Exception e) when (e is StoreUnavailableException or MalformedContentException)
            {
                lock (_lock)
                    _failed.Add(next);
            }
        }
    }

    private async Task EraseDeletedAsync(ConversationId conversation, SeqNo message)
    {
        if (await changes.SettleStateAsync(conversation, message, CancellationToken.None) is not { Deletion: not null } state)
            return;
        await tables.RemoveReactionsAsync(conversation, message, CancellationToken.None);
        await EraseAsync(conversation, message, state.Edits, CancellationToken.None);
    }
}
