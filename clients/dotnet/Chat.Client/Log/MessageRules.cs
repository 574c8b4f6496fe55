namespace Chat.Client;

/// <summary>What changes make of a message: rules without effects (docs/protocol.md, Changes to messages).</summary>
internal static class MessageRules
{
    /// <summary>How many users a reaction, or a thread, names.</summary>
    private const int MaxNamed = 3;

    /// <summary>Whether a change is not in a message's state yet.</summary>
    public static bool IsAbove(this MessageChange change, Message message) => change.SeqNo > message.ChangedSeqNo;

    /// <summary>The newer one of two messages, or of two states of one; the second if they are equally new.</summary>
    public static Message? Newer(Message? one, Message? other) =>
        one is null ? other : other is null ? one : (one.SeqNo, one.ChangedSeqNo).CompareTo((other.SeqNo, other.ChangedSeqNo)) > 0 ? one : other;

    /// <summary>A message after the next change of it. Of a kind that this version does not know only the place is taken.</summary>
    /// <param name="message">Before.</param>
    /// <param name="change">Is above it.</param>
    /// <param name="me">Whose <see cref="Reaction.Mine"/> it tells.</param>
    public static Message With(this Message message, MessageChange change, string me) => change.Content switch
    {
        ChangeContent.InThread thread => message with { Thread = After(message.Thread, thread.On, change.SeqNo, change.SenderId), ChangedSeqNo = change.SeqNo },
        _ when message.Deleted is not null => message,
        var content => message.With(content, change.SenderId, change.Timestamp, me) with { ChangedSeqNo = change.SeqNo },
    };

    /// <summary>A message as a change makes it. What is in its state by <see cref="MessageState.ChangedSeqNo"/> stays.</summary>
    public static Message With(this Message message, ChangeContent? content, string by, DateTimeOffset at, string me) => content switch
    {
        _ when message.Deleted is not null => message,
        ChangeContent.Edit edit => message with
        {
            Text = edit.Text, EditedAt = at, Concurrent = edit.Concurrent, Mentions = edit.Mentions ?? message.Mentions,
        },
        ChangeContent.Delete => new Message
        {
            MessageId = message.MessageId, ConversationId = message.ConversationId, SeqNo = message.SeqNo, SenderId = message.SenderId,
            Timestamp = message.Timestamp, ClientMsgId = message.ClientMsgId, Deleted = new Deletion(by, at), ChangedSeqNo = message.ChangedSeqNo,
            ThreadId = message.ThreadId, ThreadSeqNo = message.ThreadSeqNo, Thread = message.Thread,
        },
        ChangeContent.React { On: true } react => message with { Reactions = Added(message.Reactions, react.Emoji, by, by == me) },
        ChangeContent.React react => message with { Reactions = Removed(message.Reactions, react.Emoji, by, by == me) },
        ChangeContent.Pin pin => message with { Pinned = pin.On },
        _ => message,
    };

    private static MessageThread After(MessageThread? thread, bool on, long seqNo, string by)
    {
        var before = thread ?? new MessageThread(0, 0, []);
        if (!on)
            return before with { Count = Math.Max(0, before.Count - 1) };
        var named = before.UserIds.Count < MaxNamed && !before.UserIds.Contains(by) ? [.. before.UserIds, by] : before.UserIds;
        return new MessageThread(before.Count + 1, seqNo, named);
    }

    private static IReadOnlyList<Reaction> Added(IReadOnlyList<Reaction> reactions, string emoji, string by, bool mine)
    {
        if (Find(reactions, emoji) is not { } known)
            return [.. reactions, new Reaction(emoji, 1, [by], mine)];
        // Shown already, as it waits in the outbox.
        if (mine && known.Mine)
            return reactions;
        var named = known.UserIds.Count < MaxNamed && !known.UserIds.Contains(by) ? [.. known.UserIds, by] : known.UserIds;
        return Replaced(reactions, known, known with { Count = known.Count + 1, UserIds = named, Mine = known.Mine || mine });
    }

    private static IReadOnlyList<Reaction> Removed(IReadOnlyList<Reaction> reactions, string emoji, string by, bool mine)
    {
        if (Find(reactions, emoji) is not { } known || mine && !known.Mine)
            return reactions;
        if (known.Count <= 1)
            return [.. reactions.Where(one => one != known)];
        string[] named = [.. known.UserIds.Where(user => user != by)];
        return Replaced(reactions, known, known with { Count = known.Count - 1, UserIds = named, Mine = known.Mine && !mine });
    }

    private static Reaction? Find(IReadOnlyList<Reaction> reactions, string emoji) => reactions.FirstOrDefault(one => one.Emoji == emoji);

    private static IReadOnlyList<Reaction> Replaced(IReadOnlyList<Reaction> reactions, Reaction known, Reaction by) =>
        [.. reactions.Select(one => one == known ? by : one)];
}
