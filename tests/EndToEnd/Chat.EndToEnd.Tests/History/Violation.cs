namespace Chat.EndToEnd.Tests.History;

internal enum Rule
{
    /// <summary>A send was acked, and the log does not have it at the place that the ack named.</summary>
    AckedMissing,

    /// <summary>One (sender, clientMsgId) has two messageIds.</summary>
    StoredTwice,

    /// <summary>One seqNo of a conversation was seen with two messages.</summary>
    SeqNoReused,

    /// <summary>One message was seen at two places.</summary>
    SeqNoMoved,

    /// <summary>Two members read different logs.</summary>
    ViewsDiffer,

    /// <summary>A log does not ascend.</summary>
    LogOutOfOrder,

    /// <summary>A message is in the log, and nobody sent it, or with another text or another file.</summary>
    NeverSent,

    /// <summary>A message was delivered with another text or another file than it has in the log.</summary>
    DeliveredDifferently,

    /// <summary>Who has a message cannot read its file, or gets other bytes.</summary>
    FileUnreadable,

    /// <summary>A device got a message that the log does not have: it was not durable when it was delivered.</summary>
    DeliveredUnlogged,

    /// <summary>On one connection a message came for the first time after one with a higher seqNo.</summary>
    OutOfOrder,

    /// <summary>On one connection a message above the device's cursor was passed over.</summary>
    Skipped,

    /// <summary>After `caughtUp` a message is missing that was durable when the connection was accepted.</summary>
    GapAtCaughtUp,

    /// <summary>A device of a member never got a message.</summary>
    NeverReceived,

    /// <summary>Messages first sent on one connection to one conversation have falling seqNos.</summary>
    SentOrderBroken,

    /// <summary>A change was acked, its message was not deleted, and the log does not have the change at the place that the ack named.</summary>
    ChangeMissing,

    /// <summary>A change was acked with an entry that does something else.</summary>
    ChangeAckedWrongly,

    /// <summary>A repeated change was answered with another entry than the one that it had made.</summary>
    RetryAnsweredOtherwise,

    /// <summary>A change was refused although nothing spoke against it.</summary>
    ChangeRefusedWrongly,

    /// <summary>A change is in the log, and was refused for good.</summary>
    StoredThoughRefused,

    /// <summary>A change is in the log, and nobody made it, or not so.</summary>
    ChangeNeverMade,

    /// <summary>A change in the log changes nothing.</summary>
    ChangeWithoutEffect,

    /// <summary>A server shows a message otherwise than the entries of the log give.</summary>
    StateDiffers,

    /// <summary>Something of a deleted message is still shown.</summary>
    DeletedShown,

    /// <summary>A list of a message's reactions or earlier texts, or of the pinned messages, is not what the log's entries give.</summary>
    ListDiffers,

    /// <summary>After `caughtUp` a device that holds the message lacks a change of it that was durable when the connection was accepted.</summary>
    ChangeGapAtCaughtUp,

    /// <summary>What a device has got in the end does not give the state that the servers show.</summary>
    DeviceStateDiffers,

    /// <summary>A message is in another thread than it was sent to, or a list of threads, or of a thread's messages, is not what the log gives.</summary>
    ThreadDiffers,

    /// <summary>A message mentions somebody who is no member.</summary>
    StrangerMentioned,

    /// <summary>A send was refused although nothing spoke against it.</summary>
    SendRefusedWrongly,

    /// <summary>What is counted as unread, or as unread mentions, is not what log and read cursor give.</summary>
    UnreadDiffers,

    /// <summary>A change of a group was made, and the log has no notice of it.</summary>
    NoticeMissing,

    /// <summary>A change of a group has two notices.</summary>
    NoticeTwice,

    /// <summary>A notice tells what nobody did.</summary>
    NoticeNeverMade,

    /// <summary>A notice stands below that of an earlier change, or above what was written after its change.</summary>
    NoticeOutOfOrder,

    /// <summary>A notice tells what was so already, or cannot be.</summary>
    NoticeWithoutEffect,

    /// <summary>A server shows another group than its notices give.</summary>
    GroupDiffers,

    /// <summary>Somebody got, or may read, an entry of a time when it was no member.</summary>
    SeenByStranger,

    /// <summary>What a user has cleared is shown, or is not cleared any more.</summary>
    ClearedShown,

    /// <summary>A user's own settings are not the last ones, or a conversation is listed where it does not belong.</summary>
    SettingsDiffer,

    /// <summary>A timer was set and is not in the log as it was acked, or nobody set it, or it is told or listed otherwise.</summary>
    TimerDiffers,

    /// <summary>A message expires at another time than the timer at its place says, or it is told so to somebody.</summary>
    ExpiryDiffers,

    /// <summary>Somebody was given a message, or a change of it, that had expired.</summary>
    ExpiredShown,

    /// <summary>A message is not shown that had not expired.</summary>
    ExpiredEarly,

    /// <summary>A message that had expired was changed.</summary>
    ExpiredChanged,

    /// <summary>A subscribed device was told of nothing from a message on, although it did not ack the message in time.</summary>
    NeverTold,

    /// <summary>A device was told of a message later than is promised.</summary>
    ToldLate,

    /// <summary>A device was told of a message that it had acked, or that its user had read.</summary>
    ToldThoughAcked,

    /// <summary>A device was told of a conversation that its user had muted.</summary>
    ToldThoughMuted,

    /// <summary>A device was told of a message after a later one of the same conversation.</summary>
    ToldOutOfOrder,

    /// <summary>A device was told although its subscription had ended.</summary>
    ToldAfterEnd,

    /// <summary>A device was told of what the log does not have, or not from others.</summary>
    ToldUnlogged,
}

internal sealed record Violation(Rule Rule, string What)
{
    public override string ToString() => $"{Rule}: {What}";
}
