using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Changes;

/// <summary>What a thread's messages, and their deletions, make of the state of the message that began it. As with changes, the entries folded give the state.</summary>
internal static class ThreadFold
{
    /// <summary>A message goes into the thread.</summary>
    /// <param name="root">Null for none.</param>
    public static MessageState Add(MessageState? root, UserId sender, SeqNo seqNo)
    {
        var thread = root?.Thread ?? new MessageThread(0, SeqNo.None, []);
        var users = thread.Users;
        return (root ?? new MessageState()) with
        {
            ChangedSeqNo = seqNo,
            Thread = thread with { Count = thread.Count + 1, LastSeqNo = seqNo, Users = users.Count < MessageThread.MaxUsers && !users.Contains(sender) ? [.. users, sender] : users },
        };
    }

    /// <summary>A message of the thread is deleted by an entry. Its place stays.</summary>
    public static MessageState? Remove(MessageState? root, SeqNo entry) =>
        root?.Thread is { Count: > 0 } thread ? root with { ChangedSeqNo = entry, Thread = thread with { Count = thread.Count - 1 } } : root;
}
