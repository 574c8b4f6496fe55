namespace Chat.EndToEnd.Tests.History;

/// <summary>
/// A history without the messages that expire, their changes and the timers, and without the threads in which something expires: for this all other rules hold, as if there were no timers. The rest is for
/// <see cref="ExpiryRules"/>.
/// </summary>
internal sealed class LastingHistory
{
    private readonly Dictionary<string, TimedLog> _timed;
    private readonly Dictionary<string, long[]> _changes;
    private readonly Dictionary<(string UserId, string ClientMsgId), string> _targets;

    public LastingHistory(IReadOnlyCollection<TimedLog> timed, IReadOnlyCollection<DeviceHistory> devices, IReadOnlyCollection<LogView> views)
    {
        _timed = timed.ToDictionary(log => log.ConversationId, StringComparer.Ordinal);
        var changing = devices.SelectMany(device => device.Events.OfType<HistoryEvent.Changing>().Select(one => (device.UserId, one.ClientMsgId, one.Change.Target)));
        _targets = changing.GroupBy(one => (one.UserId, one.ClientMsgId)).ToDictionary(one => one.Key, one => one.First().Target);
        _changes = views.SelectMany(view => view.Changes).Select(change => (change.Target, change.SeqNo))
            .Concat(devices.SelectMany(device => device.Events.OfType<HistoryEvent.ChangeReceived>()).Select(one => (one.Change.Target, one.Change.SeqNo)))
            .Concat(devices.SelectMany(device => device.Events.OfType<HistoryEvent.ChangeAcked>().Select(one => (TargetOf(device, one.ClientMsgId), one.SeqNo))))
            .GroupBy(one => one.Item1).ToDictionary(one => one.Key, one => one.Select(x => x.SeqNo).Distinct().ToArray(), StringComparer.Ordinal);
        Devices = timed.Count == 0 ? devices : [.. devices.Select(Lasting)];
        Views = timed.Count == 0 ? views : [.. views.Select(Lasting)];
    }

    public IReadOnlyCollection<DeviceHistory> Devices { get; }

    public IReadOnlyCollection<LogView> Views { get; }

    private DeviceHistory Lasting(DeviceHistory device)
    {
        var lasting = new DeviceHistory(device.UserId, device.DeviceId);
        foreach (var happened in device.Events.Select(happened => Lasting(device, happened)).OfType<HistoryEvent>())
            lasting.Add(happened);
        return lasting;
    }

    /// <returns>Null for what goes.</returns>
    private HistoryEvent? Lasting(DeviceHistory device, HistoryEvent happened) => happened switch
    {
        HistoryEvent.TimerReceived or HistoryEvent.TimerSet or HistoryEvent.PageRead => null,
        HistoryEvent.Sending one when Find(one.ConversationId) is { } log => log.Roots.Contains(one.ThreadId ?? "") ? one with { ThreadId = null } : one,
        HistoryEvent.SendAcked one when Find(one.ConversationId) is { } log => log.IsTimed(one.SeqNo) ? null : one,
        HistoryEvent.Received one when Find(one.ConversationId) is { } log => log.IsTimed(one.Message.SeqNo) ? null : one with { Message = Plain(log, one.Message) },
        HistoryEvent.ChangeReceived one when Find(one.ConversationId) is { } log => log.IsTimed(one.Change.TargetSeqNo) ? null : one with { Change = Plain(log, one.Change) },
        HistoryEvent.Changing one when Find(one.ConversationId) is { } log => log.IsTimed(one.Change.Target) ? null : one,
        HistoryEvent.ChangeAcked one when Find(one.ConversationId) is { } log => log.IsTimed(TargetOf(device, one.ClientMsgId)) ? null : one,
        HistoryEvent.ChangeRefused one when Find(one.ConversationId) is { } log => log.IsTimed(TargetOf(device, one.ClientMsgId)) ? null : one,
        HistoryEvent.FileRead one when _timed.Values.Any(log => log.IsTimed(one.MessageId)) => null,
        _ => happened,
    };

    private LogView Lasting(LogView view)
    {
        if (Find(view.ConversationId) is not { } log)
            return view;
        return view with
        {
            Messages = [.. view.Messages.Where(message => !log.IsTimed(message.SeqNo)).Select(message => Plain(log, message))],
            Changes = [.. view.Changes.Where(change => !log.IsTimed(change.TargetSeqNo)).Select(change => Plain(log, change))],
            Lists = [.. view.Lists.Where(lists => !log.IsTimed(lists.Alone.SeqNo)).Select(lists => lists with { Alone = Plain(log, lists.Alone) })],
            Newest = view.Newest is { } newest && !log.IsTimed(newest.SeqNo) ? Plain(log, newest) : null,
            Pins = view.Pins is { } pins ? [.. pins.Where(pin => !log.IsTimed(pin))] : null,
            Threads = view.Threads is { } threads ? [.. threads.Where(root => !log.Roots.Contains(root))] : null,
            ThreadMessages = view.ThreadMessages.Where(thread => !log.Roots.Contains(thread.Key)).ToDictionary(),
        };
    }

    // Without its thread a root is as the other changes have made it.
    private LoggedMessage Plain(TimedLog log, LoggedMessage message)
    {
        if (message.State is { } state && log.Roots.Contains(message.MessageId))
        {
            var last = _changes.GetValueOrDefault(message.MessageId, []).Where(seqNo => seqNo <= state.ChangedSeqNo).DefaultIfEmpty(0).Max();
            message = message with { State = last == 0 ? null : state with { ChangedSeqNo = last, Thread = null } };
        }
        return message.ThreadId is { } root && log.Roots.Contains(root) ? message with { ThreadId = null, ThreadSeqNo = null } : message;
    }

    private static LoggedChange Plain(TimedLog log, LoggedChange change) =>
        change.ThreadId is { } root && log.Roots.Contains(root) ? change with { ThreadId = null, ThreadSeqNo = null } : change;

    private string TargetOf(DeviceHistory device, string clientMsgId) => _targets.GetValueOrDefault((device.UserId, clientMsgId), "");

    private TimedLog? Find(string conversationId) => _timed.GetValueOrDefault(conversationId);
}
