using Chat.EndToEnd.Tests.History;

namespace Chat.EndToEnd.Tests.Load;

/// <summary>
/// What a device of a load changes: a few messages of each conversation, the same for all devices, so that they meet. Half of it are reactions; it edits and deletes what its user sent, and, as the
/// owner of a group, now and then deletes what others sent.
/// </summary>
/// <param name="device">Names its texts.</param>
/// <param name="owned">Groups of its user.</param>
/// <param name="mentions">Whom its edits mention.</param>
/// <param name="deletes">Whether it deletes.</param>
internal sealed class LoadTargets(string userId, string device, IReadOnlySet<string> owned, LoadMentions mentions, bool deletes)
{
    private const int Kept = 4;
    private const int PopularEvery = 16;
    private const int OwnEvery = 4;

    private static readonly string[] _emoji = ["👍", "❤️", "😂"];

    private readonly Lock _gate = new();

    // All under _gate. By conversation: the first message, and the newest of those that are changed.
    private readonly Dictionary<string, Target> _first = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Target>> _popular = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Target>> _own = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _changedSeqNos = new(StringComparer.Ordinal);
    private readonly HashSet<(string Target, string Emoji)> _set = [];
    private int _lastText;

    /// <summary>A message that the device has.</summary>
    /// <param name="mayBeRoot">Whether it may begin a thread, whenever: it is in none, and does not expire.</param>
    public void Add(string conversation, string messageId, long seqNo, string senderId, bool mayBeRoot)
    {
        lock (_gate)
        {
            var target = new Target(messageId, senderId, mayBeRoot);
            _first.TryAdd(conversation, target);
            if (seqNo % PopularEvery == 0)
                Add(_popular, conversation, target);
            if (seqNo % OwnEvery == 0 && senderId == userId)
                Add(_own, conversation, target);
        }
    }

    /// <summary>The device knows a change of a message.</summary>
    public void NoteChange(string messageId, long seqNo)
    {
        lock (_gate)
            _changedSeqNos[messageId] = Math.Max(seqNo, _changedSeqNos.GetValueOrDefault(messageId));
    }

    /// <summary>The user has set a reaction for certain: it may be taken back.</summary>
    public void NoteSet(WantedChange change)
    {
        lock (_gate)
            _set.Add((change.Target, change.Emoji!));
    }

    /// <summary>The next change in a conversation; null where the device has nothing to change yet.</summary>
    public WantedChange? Next(string conversation)
    {
        lock (_gate)
        {
            var choice = Random.Shared.Next(20);
            if (choice < 6)
                return Own(conversation) is { } own ? Edit(conversation, own) : null;
            if (choice < 7 && deletes)
                return Own(conversation) is { } own ? new WantedChange("delete", own.MessageId) : null;
            if (Popular(conversation) is not { } target)
                return null;
            if (choice < 8 && deletes && owned.Contains(conversation) && target != _first[conversation])
                return new WantedChange("delete", target.MessageId);
            if (choice < 10)
                return new WantedChange("pin", target.MessageId, On: true);
            var emoji = _emoji[Random.Shared.Next(_emoji.Length)];
            return new WantedChange("react", target.MessageId, Emoji: emoji, On: choice < 15 || !_set.Contains((target.MessageId, emoji)));
        }
    }

    private WantedChange Edit(string conversation, Target target) => new(
        "edit", target.MessageId, $"{device} edits {++_lastText}", BasedOn: Random.Shared.Next(4) == 0 ? null : _changedSeqNos.GetValueOrDefault(target.MessageId),
        Mentions: mentions.NextOfEdit(conversation));

    /// <summary>A message that a thread may be of; null where the device has none.</summary>
    public string? Root(string conversation)
    {
        lock (_gate)
            return Popular(conversation) is { MayBeRoot: true } root ? root.MessageId : null;
    }

    private Target? Own(string conversation) => _own.TryGetValue(conversation, out var own) ? own[Random.Shared.Next(own.Count)] : null;

    private Target? Popular(string conversation) =>
        _popular.TryGetValue(conversation, out var popular) && Random.Shared.Next(4) > 0 ? popular[Random.Shared.Next(popular.Count)] : _first.GetValueOrDefault(conversation);

    private static void Add(Dictionary<string, List<Target>> targets, string conversation, Target target)
    {
        if (!targets.TryGetValue(conversation, out var kept))
            targets.Add(conversation, kept = []);
        if (kept.Contains(target))
            return;
        kept.Add(target);
        if (kept.Count > Kept)
            kept.RemoveAt(0);
    }

    private sealed record Target(string MessageId, string SenderId, bool MayBeRoot);
}
