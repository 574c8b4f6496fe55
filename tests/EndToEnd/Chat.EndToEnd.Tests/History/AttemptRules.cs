namespace Chat.EndToEnd.Tests.History;

/// <summary>What must hold for the answers to changes: what was acked is in the log, a retry is answered alike, and nothing is refused without a reason.</summary>
internal sealed class AttemptRules(ChangedLog changed, IReadOnlyCollection<DeviceHistory> devices)
{
    // The server's settings.
    private const int MaxEdits = 100;
    private const int MaxPins = 50;

    private readonly Log _log = changed.Log;
    private readonly HashSet<string> _inLog = [.. changed.Log.Changes.Select(change => change.MessageId)];
    private readonly HashSet<string> _deleted = [.. changed.Log.Messages.Where(message => message.State is { Deleted: not null }).Select(message => message.MessageId)];

    private readonly Dictionary<(string UserId, string ClientMsgId), LoggedChange> _made = changed.Changes.Values.Where(change => change.ClientMsgId is not null)
        .GroupBy(change => (change.SenderId, change.ClientMsgId!))
        .ToDictionary(change => change.Key, change => change.First());

    public IEnumerable<Violation> Check() => [.. Acks(), .. Retries(), .. Refusals()];

    private IEnumerable<Violation> Acks()
    {
        foreach (var (device, acked, wanted) in ChangedLog.AcksOf(devices, _log.ConversationId))
        {
            if (!_inLog.Contains(acked.MessageId) && !(wanted.Kind is "edit" or "react" && _deleted.Contains(wanted.Target)))
                yield return Broken(Rule.ChangeMissing, device, acked);
            if (!changed.Changes[acked.MessageId].Does(wanted))
                yield return Broken(Rule.ChangeAckedWrongly, device, acked, $", which is {changed.Changes[acked.MessageId]}, instead of {wanted}");
        }
    }

    // What is so already is answered with another's entry, until the attempt makes one of its own.
    private IEnumerable<Violation> Retries()
    {
        foreach (var attempt in ChangedLog.AcksOf(devices, _log.ConversationId).GroupBy(one => (one.Device.UserId, one.Acked.ClientMsgId)))
        {
            if (!_made.TryGetValue(attempt.Key, out var own))
                continue;
            var since = attempt.Where(one => one.Acked.MessageId == own.MessageId).Select(one => one.Acked.Moment).DefaultIfEmpty(long.MaxValue).Min();
            foreach (var (device, acked, _) in attempt.Where(one => one.Acked.MessageId != own.MessageId && (one.Acked.Begun > since || one.Acked.SeqNo > own.SeqNo)))
                yield return Broken(Rule.RetryAnsweredOtherwise, device, acked, $", and had made {own}");
        }
    }

    private IEnumerable<Violation> Refusals()
    {
        foreach (var device in devices)
        {
            foreach (var refused in device.Events.OfType<HistoryEvent.ChangeRefused>().Where(one => one.ConversationId == _log.ConversationId))
            {
                var key = (device.UserId, refused.ClientMsgId);
                if (_made.ContainsKey(key))
                    yield return new Violation(Rule.StoredThoughRefused, $"{refused} to {device.Name}");
                else if (!MayRefuse(refused.Code, changed.Wanted[key]))
                    yield return new Violation(Rule.ChangeRefusedWrongly, $"{refused} to {device.Name}: {changed.Wanted[key]}");
            }
        }
    }

    private bool MayRefuse(string code, WantedChange wanted) => code switch
    {
        "conflict" => _deleted.Contains(wanted.Target) && wanted.Kind != "delete",
        "too_large" when wanted.Kind == "edit" => changed.Of(wanted.Target).Count(change => change.Kind == "edit") >= MaxEdits,
        "too_large" => wanted is { Kind: "pin", On: true } && _log.Changes.Count(change => change is { Kind: "pin", On: true }) >= MaxPins,
        _ => false,
    };

    private static Violation Broken(Rule rule, DeviceHistory device, HistoryEvent.ChangeAcked acked, string more = "") =>
        new(rule, $"{acked.ClientMsgId} of {device.Name} was acked as {acked.MessageId} at {acked.ConversationId}#{acked.SeqNo}{more}");
}
