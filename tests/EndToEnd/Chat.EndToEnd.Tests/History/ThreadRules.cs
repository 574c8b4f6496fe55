namespace Chat.EndToEnd.Tests.History;

/// <summary>What must hold for the threads of a conversation. What a root shows of its thread is for <see cref="ChangeRules"/>.</summary>
internal sealed class ThreadRules(ChangedLog changed, IReadOnlyCollection<DeviceHistory> devices)
{
    private readonly Log _log = changed.Log;
    private readonly Dictionary<string, LoggedMessage> _messages = changed.Log.Messages.ToDictionary(message => message.MessageId, StringComparer.Ordinal);

    public IEnumerable<Violation> Check() => [.. Places(), .. Deletions(), .. _log.Views.SelectMany(ListsOf)];

    // A message stays in its thread, deleted or not.
    private IEnumerable<Violation> Places()
    {
        var sent = devices.SelectMany(device => device.Events.OfType<HistoryEvent.Sending>().Select(one => (device.UserId, one.ClientMsgId, one.ThreadId)))
            .GroupBy(one => (one.UserId, one.ClientMsgId)).ToDictionary(one => one.Key, one => one.First().ThreadId);
        foreach (var message in _log.Messages)
        {
            if (message.ClientMsgId is not null && sent.TryGetValue((message.SenderId, message.ClientMsgId), out var thread) && thread != message.ThreadId)
                yield return Broken($"{message}, which was sent to {thread ?? "none"}, is in {message.ThreadId ?? "none"}");
            if (message.ThreadId is not null && !(_messages.GetValueOrDefault(message.ThreadId) is { ThreadId: null } root && root.SeqNo == message.ThreadSeqNo && root.SeqNo < message.SeqNo))
                yield return Broken($"{message} is in {message.ThreadId} at {message.ThreadSeqNo}");
        }
    }

    private IEnumerable<Violation> Deletions() =>
        from change in _log.Changes
        where change.Kind == "delete" && _messages.TryGetValue(change.Target, out var target) && (change.ThreadId, change.ThreadSeqNo) != (target.ThreadId, target.ThreadSeqNo)
        select Broken($"{change} tells of {change.ThreadId ?? "no thread"}");

    private IEnumerable<Violation> ListsOf(LogView view)
    {
        var threads = view.Messages.Where(message => message.ThreadId is not null).ToLookup(message => message.ThreadId!, StringComparer.Ordinal);
        var given = threads.OrderByDescending(thread => thread.Max(message => message.SeqNo)).Select(thread => thread.Key);
        if (view.Threads is { } listed && !listed.SequenceEqual(given))
            yield return Broken($"{view}: {string.Join(' ', listed)}, where the log gives {string.Join(' ', given)}");
        foreach (var (root, messages) in view.ThreadMessages)
        {
            if (!messages.SequenceEqual(threads[root].Select(message => message.MessageId)))
                yield return Broken($"{view}: {root} has {string.Join(' ', messages)}, where the log gives {string.Join(' ', threads[root].Select(message => message.MessageId))}");
        }
    }

    private static Violation Broken(string what) => new(Rule.ThreadDiffers, what);
}
