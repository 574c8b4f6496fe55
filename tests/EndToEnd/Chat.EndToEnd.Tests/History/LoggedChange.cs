using System.Globalization;

namespace Chat.EndToEnd.Tests.History;

/// <summary>What a device wants to do to a message.</summary>
/// <param name="Kind">As the frame is called: edit, delete, react, pin.</param>
/// <param name="Target">The message.</param>
/// <param name="BasedOn">What the device knew of the message when it edited; null if it does not say.</param>
/// <param name="Mentions">The users that an edit mentions; null for those that were mentioned before.</param>
internal sealed record WantedChange(
    string Kind, string Target, string? Text = null, string? Emoji = null, bool On = false, long? BasedOn = null, string? Mentions = null);

/// <summary>An entry of the log that changes a message.</summary>
/// <param name="ClientMsgId">Known to the sender alone.</param>
/// <param name="Mentions">Null where an edit leaves them as they are.</param>
/// <param name="ThreadId">Of a deletion: the root of the thread that the message was in.</param>
internal sealed record LoggedChange(
    string MessageId, long SeqNo, string SenderId, string? ClientMsgId, long Timestamp, string Kind, string Target, long TargetSeqNo,
    string? Text = null, string? Emoji = null, bool On = false, bool Concurrent = false, string? Mentions = null, string? ThreadId = null, long? ThreadSeqNo = null)
{
    // What an entry does to the root of its thread.
    private const string Answer = "answer";
    private const string AnswerDeleted = "answer deleted";

    /// <summary>Whether it is about a thread and not about a message itself.</summary>
    public bool IsOfThread => Kind is Answer or AnswerDeleted;

    public bool IsAnswerDeleted => Kind == AnswerDeleted;

    /// <summary>A message in a thread, as what it does to the root.</summary>
    public static LoggedChange AnswerTo(string root, long rootSeqNo, string messageId, long seqNo, string senderId) =>
        new(messageId, seqNo, senderId, null, 0, Answer, root, rootSeqNo);

    /// <summary>A deletion of a message in a thread, as what it does to the root.</summary>
    public LoggedChange ToRoot(string root) => new(MessageId, SeqNo, SenderId, null, Timestamp, AnswerDeleted, root, ThreadSeqNo ?? 0);

    /// <summary>All that every reader sees alike.</summary>
    public LoggedChange ForOthers => this with { ClientMsgId = null };

    /// <summary>Goes with the content of a message that is deleted.</summary>
    public bool IsErasedWithMessage => Kind is "edit" or "react";

    /// <summary>Whether it does what somebody wants; only an edit is always one's own.</summary>
    public bool Does(WantedChange wanted) => (Kind, Target, Text, Emoji, On, Mentions) == (wanted.Kind, wanted.Target, wanted.Text, wanted.Emoji, wanted.On, wanted.Mentions);

    public override string ToString() => $"{Kind} {Emoji}{Text} {(On ? "on" : "")} of {Target}, {MessageId} at {SeqNo} from {SenderId} ({ClientMsgId ?? "?"})";
}

/// <summary>A message as it is shown.</summary>
/// <param name="Text">Null for one that was deleted.</param>
/// <param name="Deleted">By whom and when.</param>
/// <param name="Reactions">Each emoji and its count, in the order in which they were set.</param>
/// <param name="Mentions">The users, with blanks between them.</param>
internal sealed record SeenState(
    long ChangedSeqNo, string? Text, long? EditedAt = null, bool Concurrent = false, string? Deleted = null, bool Pinned = false, string Reactions = "",
    string Mentions = "", SeenThread? Thread = null)
{
    public static SeenState Of(string text, string mentions = "") => new(0, text, Mentions: mentions);

    public static string DeletedBy(string userId, long at) => $"{userId} at {at}";

    public static string Counted(IEnumerable<(string Emoji, long Count)> reactions) => string.Join(' ', reactions.Select(one => $"{one.Emoji}:{one.Count}"));

    /// <summary>After an entry of the log, as a client applies it.</summary>
    public SeenState After(LoggedChange change)
    {
        if (change.SeqNo <= ChangedSeqNo)
            return this;
        if (change.IsOfThread)
            return this with { ChangedSeqNo = change.SeqNo, Thread = (Thread ?? new SeenThread(0, 0, "")).After(change) };
        return Deleted is null ? Changed(change) : this;
    }

    private SeenState Changed(LoggedChange change) => change.Kind switch
    {
        "edit" => this with { ChangedSeqNo = change.SeqNo, Text = change.Text, EditedAt = change.Timestamp, Concurrent = change.Concurrent, Mentions = change.Mentions ?? Mentions },
        "delete" => new SeenState(change.SeqNo, null, Deleted: DeletedBy(change.SenderId, change.Timestamp), Thread: Thread),
        "react" => this with { ChangedSeqNo = change.SeqNo, Reactions = Count(change.Emoji!, change.On ? 1 : -1) },
        "pin" => this with { ChangedSeqNo = change.SeqNo, Pinned = change.On },
        var kind => throw new ArgumentException($"Nobody knows the change {kind}.", nameof(change)),
    };

    private string Count(string emoji, int more)
    {
        var counts = Reactions.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(one => one.Split(':')).Select(one => (Emoji: one[0], Count: long.Parse(one[1], CultureInfo.InvariantCulture))).ToList();
        var index = counts.FindIndex(one => one.Emoji == emoji);
        if (index < 0)
            counts.Add((emoji, more));
        else
            counts[index] = (emoji, counts[index].Count + more);
        return Counted(counts.Where(one => one.Count != 0));
    }
}

/// <summary>What the root of a thread shows of it.</summary>
/// <param name="UserIds">Up to three, with blanks between them.</param>
internal sealed record SeenThread(long Count, long LastSeqNo, string UserIds)
{
    private const int MaxUsers = 3;

    public SeenThread After(LoggedChange change)
    {
        if (change.IsAnswerDeleted)
            return this with { Count = Count - 1 };
        var users = UserIds.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return new SeenThread(Count + 1, change.SeqNo, users.Length < MaxUsers && !users.Contains(change.SenderId) ? string.Join(' ', [.. users, change.SenderId]) : UserIds);
    }
}

/// <param name="Mine">Whether it is the reader's, too.</param>
internal sealed record SeenReaction(string Emoji, bool Mine, IReadOnlyList<string> UserIds);

/// <summary>What a server lists about a message.</summary>
/// <param name="Alone">The message, asked for by its id.</param>
/// <param name="Reactions">Who has set what, with which entry.</param>
/// <param name="Edits">The earlier texts and the present one, ascending, by their entries; null where the server has a conflict.</param>
internal sealed record MessageLists(LoggedMessage Alone, IReadOnlyList<(string UserId, string Emoji, long SeqNo)> Reactions, IReadOnlyList<(string MessageId, string Text)>? Edits);
