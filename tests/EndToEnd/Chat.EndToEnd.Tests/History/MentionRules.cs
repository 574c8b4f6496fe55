namespace Chat.EndToEnd.Tests.History;

/// <summary>What must hold for mentions, and for what is counted as unread: members alone are mentioned, and the counts are what log and read cursor give.</summary>
internal sealed class MentionRules(ChangedLog changed, IReadOnlyCollection<DeviceHistory> devices)
{
    private const string All = "@all";
    private const long Cap = 100;

    private readonly Log _log = changed.Log;

    public IEnumerable<Violation> Check() => [.. Strangers(), .. Refusals(), .. _log.Views.SelectMany(CountsOf)];

    private IEnumerable<Violation> Strangers() =>
        from view in _log.Views
        from message in view.Messages
        where !message.StateOrText.Mentions.Split(' ', StringSplitOptions.RemoveEmptyEntries).All(MayBeMentioned)
        select new Violation(Rule.StrangerMentioned, $"{view}: {message} mentions {message.StateOrText.Mentions}");

    private IEnumerable<Violation> Refusals() =>
        from device in devices
        let sent = device.Events.OfType<HistoryEvent.Sending>().Where(one => one.ConversationId == _log.ConversationId).ToLookup(one => one.ClientMsgId, StringComparer.Ordinal)
        from refused in device.Events.OfType<HistoryEvent.SendRefused>()
        where refused.ConversationId == _log.ConversationId
        let mentions = sent[refused.ClientMsgId].First().Mentions
        where refused.Code != "bad_request" || mentions.Split(' ', StringSplitOptions.RemoveEmptyEntries).All(MayBeMentioned)
        select new Violation(Rule.SendRefusedWrongly, $"{refused} to {device.Name}, which mentions {mentions}");

    private IEnumerable<Violation> CountsOf(LogView view)
    {
        if (view.Unread is not { } unread)
            yield break;
        var messages = view.Messages.Where(message => message.SeqNo > unread.ReadSeqNo && message.SeqNo <= unread.MaxSeqNo && message.SenderId != view.ReaderId && message.State is not { Deleted: not null }).ToList();
        var mentions = messages.Count(message => message.StateOrText.Mentions.Split(' ') is var users && (users.Contains(All) || users.Contains(view.ReaderId)));
        if (unread.Count != Math.Min(messages.Count, Cap) || unread.IsCapped != messages.Count > Cap || unread.Mentions != Math.Min(mentions, Cap))
            yield return new Violation(Rule.UnreadDiffers, $"{view}: {unread}, where the log gives {messages.Count} and {mentions} mentions");
        var acked = devices.Where(device => device.UserId == view.ReaderId).SelectMany(device => device.Events.OfType<HistoryEvent.Acking>())
            .Where(ack => ack.IsRead && ack.ConversationId == view.ConversationId).Select(ack => ack.SeqNo).DefaultIfEmpty(0).Max();
        if (unread.ReadSeqNo > acked)
            yield return new Violation(Rule.UnreadDiffers, $"{view}: {unread}, where {acked} was read");
    }

    private bool MayBeMentioned(string user) => user == All || _log.HasMember(user);
}
