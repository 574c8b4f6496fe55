using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log.Cluster;

/// <summary>
/// The pinned messages of a conversation, kept as the state of a message that no conversation has, number 0: their seqNos stand in its <see cref="MessageState.Edits"/>, in the
/// order in which they were pinned. So they are written, judged and read as the states are.
/// </summary>
internal static class PinnedMessages
{
    public static IReadOnlyList<SeqNo> Of(MessageState? state) => state?.Edits ?? [];

    /// <summary>After a change of a message.</summary>
    /// <param name="before">Null for none.</param>
    /// <param name="isPinned">Whether the message is, after it.</param>
    /// <returns>Null if nothing changes.</returns>
    public static MessageState? Apply(MessageState? before, SeqNo target, bool isPinned, SeqNo entry)
    {
        var pinned = Of(before);
        if (pinned.Contains(target) == isPinned)
            return null;
        return new MessageState { ChangedSeqNo = entry, Edits = isPinned ? [.. pinned, target] : [.. pinned.Where(one => one != target)] };
    }
}
