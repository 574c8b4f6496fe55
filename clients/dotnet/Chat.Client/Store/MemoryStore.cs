namespace Chat.Client;

/// <summary>Keeps everything in memory. Closing it deletes nothing.</summary>
public sealed class MemoryStore : IChatStore
{
    private readonly Dictionary<string, StoredConversation> _conversations = [];
    private readonly Dictionary<string, SortedList<long, Message>> _messages = [];
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
    public Task<int> CountOthersAsync(string conversationId, SeqNoRange range, string userId, int limit, CancellationToken ct) =>
        Task.FromResult(In(conversationId, range).Where(message => message.SenderId != userId && message.Deleted is null).Take(limit).Count());

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
                break;
            case StoreChange.PutMessage put:
                if (!_messages.TryGetValue(put.Message.ConversationId, out var messages))
                    _messages[put.Message.ConversationId] = messages = [];
                messages[put.Message.SeqNo] = put.Message;
                break;
            case StoreChange.ClearMessages clear:
                if (_messages.TryGetValue(clear.ConversationId, out var cleared))
                {
                    while (cleared.Count > 0 && cleared.Keys[0] <= clear.UpTo)
                        cleared.RemoveAt(0);
                }
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
                break;
            case StoreChange.ClearOutbox:
                _outbox.Clear();
                _files.Clear();
                break;
        }
    }

    private IEnumerable<Message> In(string conversationId, SeqNoRange range)
    {
        if (!_messages.TryGetValue(conversationId, out var messages))
            yield break;
        for (var i = FirstFrom(messages.Keys, range.From); i < messages.Count && messages.Keys[i] <= range.To; i++)
            yield return messages.Values[i];
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
