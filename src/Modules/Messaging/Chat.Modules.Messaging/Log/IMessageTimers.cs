using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log;

/// <summary>
/// The timers of conversations. A timer is set by an entry, which <see cref="IMessageChanges.AppendChangeAsync"/> appends; messages that are appended after it say when they expire, and from then on
/// they and their changes are read as holes.
/// </summary>
internal interface IMessageTimers
{
    /// <summary>A message as it is stored, whether it is over or not; without its content if it was deleted or erased. Null if nothing is there.</summary>
    ValueTask<LoggedMessage?> ReadStoredAsync(ConversationId conversation, SeqNo seqNo, CancellationToken ct);

    /// <summary>The timers of some conversations; those in which none was ever set are not in the answer.</summary>
    ValueTask<IReadOnlyDictionary<ConversationId, ConversationTimer>> ReadTimersAsync(IReadOnlyCollection<ConversationId> conversations, CancellationToken ct);
}
