namespace Chat.Client.Tests.Fakes;

// Changes of messages. The log is folded by the contract's words alone (docs/protocol.md, Changes to messages).
internal sealed partial class FakeServer
{
    private readonly Dictionary<string, List<MessageChange>> _changes = [];

    /// <summary>Answers a change instead of the log; null for no answer.</summary>
    public Func<ChangeFrame, ServerFrame?>? AnswerChange { get; set; }

    private DateTimeOffset Now => DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());

    /// <summary>A change in the log, without pushing it; the earlier one where it is so already.</summary>
    public (MessageChange? Entry, string? Refusal) Change(
        string conversation, string sender, long target, ChangeContent content, string? clientMsgId = null, int skipped = 0)
    {
        lock (_gate)
        {
            var known = _changes.GetValueOrDefault(conversation) ?? [];
            if (clientMsgId is not null && known.Find(change => change.ClientMsgId == clientMsgId) is { } done)
                return (done, null);
            if (_log.GetValueOrDefault(conversation)?.Find(message => message.SeqNo == target) is not { } original)
                return (null, ErrorCodes.NotAMember);
            var state = Present(original);
            var earlier = known.FindLast(change => change.Target?.SeqNo == target && change.Content!.SetsSameAs(content)
                && (content is not ChangeContent.React || change.SenderId == sender));
            if (state.Deleted is not null)
                return content is ChangeContent.Delete ? (earlier, null) : (null, ErrorCodes.Conflict);
            if (content is ChangeContent.Edit edit && edit.Text == state.Text && (edit.Mentions ?? state.Mentions).SequenceEqual(state.Mentions))
                return (null, ErrorCodes.BadRequest);
            if (IsOn(content) is { } on && on == (IsOn(earlier?.Content) ?? false))
                return earlier is null ? (null, ErrorCodes.Conflict) : (earlier, null);
            var entry = new MessageChange(
                conversation, Top(conversation) + 1 + skipped, sender, Now, new MessageTarget(original.MessageId, target), content, clientMsgId,
                content is ChangeContent.Delete ? original.ThreadRoot : null);
            _changes[conversation] = [.. known, entry];
            return (entry, null);
        }
    }

    /// <summary>A change in the log, pushed to the connection that is open. Nothing where it is refused, or so already.</summary>
    public void PushChange(string conversation, string sender, long target, ChangeContent content, string? clientMsgId = null, int skipped = 0)
    {
        lock (_gate)
        {
            var top = Top(conversation);
            if (Change(conversation, sender, target, content, clientMsgId, skipped) is { Entry: { } entry } && entry.SeqNo > top)
                Current.Push(new ChangeArrived(entry));
        }
    }

    /// <summary>A message as it is now, as alice sees it.</summary>
    public Message Present(Message message)
    {
        lock (_gate)
        {
            var original = _log[message.ConversationId].Find(one => one.SeqNo == message.SeqNo)!;
            var changes = (_changes.GetValueOrDefault(message.ConversationId) ?? []).FindAll(change => change.Target?.SeqNo == message.SeqNo);
            var (thread, threadSeqNo) = ThreadOf(original);
            if (changes.Count == 0)
                return original with { Thread = thread, ChangedSeqNo = threadSeqNo };
            if (changes.Find(change => change.Content is ChangeContent.Delete) is { } deletion)
            {
                return new Message
                {
                    MessageId = original.MessageId, ConversationId = original.ConversationId, SeqNo = original.SeqNo, SenderId = original.SenderId,
                    Timestamp = original.Timestamp, ClientMsgId = original.ClientMsgId, Deleted = new Deletion(deletion.SenderId, deletion.Timestamp),
                    ThreadId = original.ThreadId, ThreadSeqNo = original.ThreadSeqNo, Thread = thread, ChangedSeqNo = Math.Max(deletion.SeqNo, threadSeqNo),
                };
            }
            var edit = changes.FindLast(change => change.Content is ChangeContent.Edit);
            return original with
            {
                Text = (edit?.Content as ChangeContent.Edit)?.Text ?? original.Text,
                Mentions = changes.Select(change => (change.Content as ChangeContent.Edit)?.Mentions).LastOrDefault(mentions => mentions is not null) ?? original.Mentions,
                Thread = thread,
                EditedAt = edit?.Timestamp,
                Reactions = Reactions(changes),
                Pinned = changes.FindLast(change => change.Content is ChangeContent.Pin)?.Content is ChangeContent.Pin { On: true },
                ChangedSeqNo = Math.Max(changes[^1].SeqNo, threadSeqNo),
            };
        }
    }

    /// <summary>The thread that a message began, and the last entry that is in that.</summary>
    private (MessageThread? Thread, long ChangedSeqNo) ThreadOf(Message root)
    {
        var answers = _log[root.ConversationId].FindAll(message => message.ThreadSeqNo == root.SeqNo && message.ThreadId == root.MessageId);
        if (answers.Count == 0)
            return (null, 0);
        var deletions = (_changes.GetValueOrDefault(root.ConversationId) ?? []).FindAll(change => change.Thread?.SeqNo == root.SeqNo);
        return (
            new MessageThread(answers.Count - deletions.Count, answers[^1].SeqNo, [.. answers.Select(message => message.SenderId).Distinct().Take(3)]),
            Math.Max(answers[^1].SeqNo, deletions.LastOrDefault()?.SeqNo ?? 0));
    }

    public EditList Edits(string conversation, string messageId)
    {
        lock (_gate)
        {
            var original = _log[conversation].Find(message => message.MessageId == messageId)!;
            var edits = (_changes.GetValueOrDefault(conversation) ?? []).Where(change => change.Target?.MessageId == messageId && change.Content is ChangeContent.Edit);
            return new EditList(
            [
                new MessageText(messageId, original.SeqNo, original.SenderId, original.Timestamp, original.Text),
                .. edits.Select(edit => new MessageText($"{edit.SeqNo}", edit.SeqNo, edit.SenderId, edit.Timestamp, ((ChangeContent.Edit)edit.Content!).Text)),
            ]);
        }
    }

    private static List<Reaction> Reactions(List<MessageChange> changes)
    {
        List<(string Emoji, List<string> By)> set = [];
        foreach (var change in changes)
        {
            if (change.Content is not ChangeContent.React react)
                continue;
            var at = set.FindIndex(one => one.Emoji == react.Emoji);
            if (react.On && at < 0)
                set.Add((react.Emoji, [change.SenderId]));
            else if (react.On)
                set[at].By.Add(change.SenderId);
            else if (set[at].By.Count > 1)
                set[at].By.Remove(change.SenderId);
            else
                set.RemoveAt(at);
        }
        return [.. set.Select(one => new Reaction(one.Emoji, one.By.Count, [.. one.By.Take(3)], one.By.Contains(Rig.Me)))];
    }

    private static bool? IsOn(ChangeContent? content) => (content as ChangeContent.React)?.On ?? (content as ChangeContent.Pin)?.On;

    private static ChangeFields FieldsOf(MessageChange change) => new(change.ConversationId, change.SeqNo)
    {
        SenderId = change.SenderId, Timestamp = change.Timestamp, Target = change.Target, ClientMsgId = change.ClientMsgId,
        MessageId = change.Notice?.MessageId, What = change.Notice?.What, UserId = change.Notice?.UserId, UserIds = change.Notice?.UserIds, Value = change.Notice?.Value,
        Kind = change.Notice is null ? change.Content!.GetType().Name.ToLowerInvariant() : "notice", Text = (change.Content as ChangeContent.Edit)?.Text,
        Mentions = (change.Content as ChangeContent.Edit)?.Mentions, ThreadId = change.Thread?.MessageId, ThreadSeqNo = change.Thread?.SeqNo,
        Emoji = (change.Content as ChangeContent.React)?.Emoji, On = IsOn(change.Content) ?? false,
    };

    private long Top(string conversation)
    {
        lock (_gate)
        {
            var messages = (_log.GetValueOrDefault(conversation) ?? []).Select(message => message.SeqNo);
            return messages.Concat((_changes.GetValueOrDefault(conversation) ?? []).Select(change => change.SeqNo)).DefaultIfEmpty().Max();
        }
    }

    private long[] Places(string conversation)
    {
        lock (_gate)
            return [.. Log(conversation).Select(message => message.SeqNo).Concat(Changes(conversation).Select(change => change.SeqNo)).Order()];
    }

    /// <summary>The notices that alice has not cleared.</summary>
    public IReadOnlyList<Notice> Notices(string conversation)
    {
        lock (_gate)
            return [.. Changes(conversation).Select(change => change.Notice).OfType<Notice>()];
    }

    /// <summary>Something happens to a group; it is pushed to the connection that is open.</summary>
    public Notice PushNotice(string conversation, string sender, string what, string? userId = null, string? value = null, int skipped = 0, params string[] userIds)
    {
        lock (_gate)
        {
            var seqNo = Top(conversation) + 1 + skipped;
            var notice = new Notice
            {
                MessageId = $"n{seqNo}", ConversationId = conversation, SeqNo = seqNo, SenderId = sender, Timestamp = Now, What = what, UserId = userId, Value = value,
                UserIds = userIds,
            };
            var entry = new MessageChange(conversation, seqNo, sender, Now, null, null) { Notice = notice };
            _changes[conversation] = [.. _changes.GetValueOrDefault(conversation) ?? [], entry];
            Connections.LastOrDefault()?.Push(new ChangeArrived(entry));
            return notice;
        }
    }

    /// <summary>The notices, and the changes of what alice has not cleared.</summary>
    private IEnumerable<MessageChange> Changes(string conversation) =>
        (_changes.GetValueOrDefault(conversation) ?? []).Where(change => (change.Target?.SeqNo ?? change.SeqNo) > ClearedUpTo(conversation));

    private Page PageOf(string conversation, long[] places)
    {
        lock (_gate)
        {
            ChangeFields[] changes = [.. Changes(conversation).Where(change => places.Contains(change.SeqNo)).Select(FieldsOf)];
            return new Page(
                conversation, [.. Log(conversation).Where(message => places.Contains(message.SeqNo))], Top(conversation),
                Changes: changes.Length == 0 ? null : changes);
        }
    }

    /// <summary>
    /// What a drain sends above a cursor: not what is in the state of a message that it sends, and of the deletion of a message in a thread, not if it sends the one that
    /// began it as well.
    /// </summary>
    private IEnumerable<ServerFrame> Waiting(string conversation, long cursor)
    {
        var messages = Log(conversation).Where(message => message.SeqNo > cursor).Select(message => (message.SeqNo, Frame: (ServerFrame)new MessageArrived(message)));
        var changes = Changes(conversation).Where(change => change.SeqNo > cursor && (change.Notice is not null || change.Target!.SeqNo <= cursor || change.Thread?.SeqNo <= cursor))
            .Select(change => (change.SeqNo, Frame: (ServerFrame)new ChangeArrived(change)));
        return [.. messages.Concat(changes).OrderBy(entry => entry.SeqNo).Select(entry => entry.Frame)];
    }

    private void TakeChange(FakeTransport connection, ChangeFrame frame, string me)
    {
        if (AnswerChange is { } answer)
        {
            if (answer(frame) is { } said)
                connection.Push(said);
            return;
        }
        var target = Log(frame.To).FirstOrDefault(message => message.MessageId == frame.MessageId)?.SeqNo ?? 0;
        var (entry, refusal) = Change(frame.To, me, target, ContentOf(frame), frame.ClientMsgId);
        if (!LosesAcks)
            connection.Push(entry is null
                ? new Refusal(refusal!, "No.", frame.ClientMsgId, null)
                : new SentAck(frame.ClientMsgId, $"c{entry.SeqNo}", entry.ConversationId, entry.SeqNo, entry.Timestamp));
    }

    private static ChangeContent ContentOf(ChangeFrame frame) => frame switch
    {
        EditFrame edit => new ChangeContent.Edit(edit.Text) { Mentions = edit.Mentions },
        ReactFrame react => new ChangeContent.React(react.Emoji, react.On),
        PinFrame pin => new ChangeContent.Pin(pin.On),
        _ => new ChangeContent.Delete(),
    };
}
