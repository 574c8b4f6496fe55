using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Changes;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log.Cluster;

/// <summary>
/// A message's state as a batch of a term made it. It counts as far as the rows of that batch do: who cannot tell looks at these rows. A later batch of the term overwrites it.
/// What earlier terms have written is not needed any more, as <see cref="Base"/> was certain when this was written.
/// </summary>
/// <param name="Target">The message; <see cref="SeqNo.None"/> for the conversation's pinned messages, see <see cref="PinnedMessages"/>.</param>
/// <param name="Term">Whose batch.</param>
/// <param name="First">The first seqNo of the batch.</param>
/// <param name="Last">The batch's last change of this message.</param>
/// <param name="State">With all of the batch's changes; null for none.</param>
/// <param name="Base">Before the batch; null for none. Not kept when it is settled.</param>
internal sealed record StateVersion(SeqNo Target, long Term, SeqNo First, SeqNo Last, MessageState? State, MessageState? Base)
{
    /// <summary>Whether it is known that <see cref="State"/> counts.</summary>
    public bool IsSettled { get; init; }

    /// <summary>Whether there are rows of earlier terms.</summary>
    public bool HasEarlier { get; init; }
}

/// <summary>Whether a user has an emoji on a message, as a batch of a term made it; counts as <see cref="StateVersion"/> does.</summary>
/// <param name="Target">The message.</param>
/// <param name="Term">Whose batch.</param>
/// <param name="First">The first seqNo of the batch.</param>
/// <param name="Last">The batch's last entry about this user and emoji.</param>
/// <param name="Now">With all of the batch's changes; null where it was never set.</param>
/// <param name="Base">Before the batch; null where it was never set.</param>
internal sealed record ReactionVersion(SeqNo Target, UserId User, string Emoji, long Term, SeqNo First, SeqNo Last, OwnReaction? Now, OwnReaction? Base)
{
    /// <summary>Whether it is known that <see cref="Now"/> counts.</summary>
    public bool IsSettled { get; init; }

    /// <summary>Whether there are rows of earlier terms.</summary>
    public bool HasEarlier { get; init; }
}
