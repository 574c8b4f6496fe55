namespace Chat.EndToEnd.Tests.History;

/// <summary>What must hold for a user's own settings of a conversation, which it changes one after another at any server: at each server the last ones count, what was cleared is hidden, and what was archived comes back.</summary>
internal sealed class SettingRules(Log log, IReadOnlyCollection<DeviceHistory> devices, IReadOnlyDictionary<string, long> durableSince)
{
    public IEnumerable<Violation> Check()
    {
        foreach (var user in devices.GroupBy(device => device.UserId))
        {
            var changes = user.SelectMany(device => device.Events.OfType<HistoryEvent.SettingsChanged>()).Where(one => one.ConversationId == log.ConversationId).OrderBy(one => one.Moment).ToList();
            if (changes.Count == 0)
                continue;
            var found = Answers(changes).Concat(log.Guests.Where(view => view.ReaderId == user.Key).SelectMany(view => Seen(changes, view))).Concat(user.SelectMany(device => Delivered(changes, device)));
            foreach (var violation in found)
                yield return violation;
        }
    }

    private IEnumerable<Violation> Answers(List<HistoryEvent.SettingsChanged> changes)
    {
        var cleared = 0L;
        foreach (var change in changes)
        {
            cleared = Math.Max(cleared, change.Wanted.ClearedUpTo ?? 0);
            if (change.Answer.ClearedUpTo != cleared)
                yield return Broken(Rule.ClearedShown, $"{change}, where {cleared} was cleared");
            if (change.Wanted.Draft is { } draft && change.Answer.Draft != draft)
                yield return Broken(Rule.SettingsDiffer, change.ToString());
        }
    }

    private IEnumerable<Violation> Seen(List<HistoryEvent.SettingsChanged> changes, LogView view)
    {
        var cleared = changes.Max(change => change.Wanted.ClearedUpTo ?? 0);
        var draft = changes.LastOrDefault(change => change.Wanted.Draft is not null)?.Wanted.Draft ?? "";
        if (view.Own is { } own && (own.ClearedUpTo != cleared || own.Draft != draft))
            yield return Broken(Rule.SettingsDiffer, $"{view}: {own}, where {cleared} was cleared and the draft is '{draft}'");
        if (view.Listing is { } listing && !MayBe(changes, listing))
            yield return Broken(Rule.SettingsDiffer, $"{view}: it is listed {listing}");

        var shown = view.Messages.Select(message => (message.MessageId, message.SeqNo)).Concat(view.Notices.Select(notice => (notice.MessageId, notice.SeqNo)))
            .Concat(view.Changes.Select(change => (change.MessageId, Math.Min(change.SeqNo, change.TargetSeqNo)))).ToList();
        foreach (var (messageId, seqNo) in shown.Where(entry => entry.Item2 <= cleared))
            yield return Broken(Rule.ClearedShown, $"{view}: {messageId}, of {seqNo}, where {cleared} was cleared");
        var given = log.Messages.Select(message => (message.MessageId, message.SeqNo)).Concat(log.Notices.Select(notice => (notice.MessageId, notice.SeqNo)))
            .Concat(log.Changes.Select(change => (change.MessageId, Math.Min(change.SeqNo, change.TargetSeqNo)))).Where(entry => entry.Item2 > cleared);
        foreach (var (messageId, seqNo) in given.Except(shown))
            yield return Broken(Rule.ViewsDiffer, $"{view} lacks {messageId}, of {seqNo}, where {cleared} was cleared");
    }

    // The next message, of whomever, brings it back; changes do not.
    private bool MayBe(List<HistoryEvent.SettingsChanged> changes, Listing listing)
    {
        if (changes.LastOrDefault(change => change.Wanted.Archived is not null) is not { Wanted.Archived: true } archived)
            return listing == Listing.AmongOthers;
        var sent = devices.SelectMany(device => device.Events.OfType<HistoryEvent.Sending>().Select(one => (device.UserId, one.ClientMsgId, one.Moment)))
            .GroupBy(one => (one.UserId, one.ClientMsgId)).ToDictionary(one => one.Key, one => one.Min(x => x.Moment));
        var isBack = log.Messages.Any(message => message.ClientMsgId is not null && sent.GetValueOrDefault((message.SenderId, message.ClientMsgId)) > archived.Answered);
        var mayBeBack = log.Messages.Any(message => durableSince[message.MessageId] > archived.Moment);
        return listing == Listing.AmongOthers ? mayBeBack : listing == Listing.AmongArchived && !isBack;
    }

    /// <summary>What came on connections that were begun after it was cleared.</summary>
    private IEnumerable<Violation> Delivered(List<HistoryEvent.SettingsChanged> changes, DeviceHistory device)
    {
        var cleared = 0L;
        foreach (var happened in device.Events.OrderBy(one => one.Moment))
        {
            if (happened is HistoryEvent.Opening)
                cleared = changes.Where(change => change.Answered < happened.Moment).Select(change => change.Wanted.ClearedUpTo ?? 0).DefaultIfEmpty(0).Max();
            if (happened is HistoryEvent.Received { Message: var message } received && received.ConversationId == log.ConversationId && message.SeqNo <= cleared)
                yield return Broken(Rule.ClearedShown, $"{message} came to {device.Name}, where {cleared} was cleared");
        }
    }

    private Violation Broken(Rule rule, string what) => new(rule, $"{what} in {log.ConversationId}");
}
