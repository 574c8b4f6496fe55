namespace Chat.Client;

/// <summary>Keeps everything in memory. Closing it deletes nothing.</summary>
public sealed class MemoryStore : IChatStore
{
    private readonly Dictionary<string, StoredConversation> _conversations = [];
    private readonly Dictionary<string, SortedList<long, Message>> _messages = [];
    private readonly Dictionary<string, SortedList<long, Notice>> _notices = [];
    private readonly List<Outgoing> _outbox = [];
    private readonly MemoryFiles _files = new();
    private StoredInstallation? _installation;

    /// <inheritdoc/>
    public IKeptFiles Files => _files;

    /// <inheritdoc/>
    public Task<StoredState> OpenAsync(CancellationToken ct) =>
        Task.FromResult(new StoredState(_installation, [.. _conversations.Values], [.. _outbox]));

    /// <inheritdoc/>
    public Task WriteAsync(IReadOnlyList<StoreChange> changes, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        foreach (var change in changes)
            Write(change);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<Message>> ReadAsync(string conversationId, SeqNoRange range, int limit, CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<Message>>([.. In(conversationId, range).TakeLast(limit)]);

    /// <inheritdoc/>
    public Task<IReadOnlyList<Notice>> ReadNoticesAsync(string conversationId, SeqNoRange range, CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<Notice>>([.. In(_notices, conversationId, range)]);

    /// <inheritdoc/>
    public Task<OthersCount> CountOthersAsync(string conversationId, SeqNoRange range, string userId, int limit, CancellationToken ct)
    {
        var others = In(conversationId, range).Where(message => message.SenderId != userId && message.Deleted is null).ToList();
        return Task.FromResult(new OthersCount(Math.Min(others.Count, limit), Math.Min(others.Count(message => message.MentionsUser(userId)), limit)));
    }

    /// <inheritdoc/>
    public Task CloseAsync() => Task.CompletedTask;

    private void Write(StoreChange change)
    {
        switch (change)
        {
            case StoreChange.PutInstallation put:
                _installation = put.Installation;
                break;
            case StoreChange.PutConversation put:
                _conversations[put.Conversation.Id] = put.Conversation;
                break;
            case StoreChange.RemoveConversation remove:
                _conversations.Remove(remove.ConversationId);
                _messages.Remove(remove.ConversationId);
                _notices.Remove(remove.ConversationId);
                break;
            case StoreChange.PutMessage put:
                Put(_messages, put.Message.ConversationId, put.Message.SeqNo, put.Message);
                break;
            case StoreChange.PutNotice put:
                Put(_notices, put.Notice.ConversationId, put.Notice.SeqNo, put.Notice);
                break;
            case StoreChange.ClearMessages clear:
                Clear(_messages, clear);
                Clear(_notices, clear);
                break;
            case StoreChange.PutOutgoing put:
                if (IndexOf(put.Outgoing.ClientMsgId) is >= 0 and var found)
                    _outbox[found] = put.Outgoing;
                else
                    _outbox.Add(put.Outgoing);
                break;
            case StoreChange.RemoveOutgoing remove:
                if (IndexOf(remove.ClientMsgId) is >= 0 and var index)
                    _outbox.RemoveAt(index);
                break;
            case StoreChange.ClearLog:
                _conversations.Clear();
                _messages.Clear();
                _notices.Clear();
                break;
            case StoreChange.ClearOutbox:
                _outbox.Clear();
                _files.Clear();
                break;
        }
    }

    private static void Put<T>(Dictionary<string, SortedList<long, T>> all, string conversationId, long seqNo, T entry)
    {
        if (!all.TryGetValue(conversationId, out var entries))
            all[conversationId] = entries = [];
        entries[seqNo] = entry;
    }

    private static void Clear<T>(Dictionary<string, SortedList<long, T>> all, StoreChange.ClearMessages clear)
    {
        if (!all.TryGetValue(clear.ConversationId, out var entries))
            return;
        while (entries.Count > 0 && entries.Keys[0] <= clear.UpTo)
            entries.RemoveAt(0);
    }

    private IEnumerable<Message> In(string conversationId, SeqNoRange range) => In(_messages, conversationId, range);

    private static IEnumerable<T> In<T>(Dictionary<string, SortedList<long, T>> all, string conversationId, SeqNoRange range)
    {
        if (!all.TryGetValue(conversationId, out var entries))
            yield break;
        for (var i = FirstFrom(entries.Keys, range.From); i < entries.Count && entries.Keys[i] <= range.To; i++)
            yield return entries.Values[i];
    }

    private static int FirstFrom(IList<long> keys, long from)
    {
        var (low, high) = (0, keys.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (keys[middle] < from)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    private int IndexOf(string clientMsgId) => _outbox.FindIndex(outgoing => outgoing.ClientMsgId == clientMsgId);
}
