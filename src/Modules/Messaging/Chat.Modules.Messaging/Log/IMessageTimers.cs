using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Messaging.Log;

/// <summary>
/// The timers of conversations. A timer is set by an entry, which <see cref="IMessageChanges.AppendChangeAsync"/> appends; messages that are appended after it say when they expire, and from then on
/// they and their changes are read as holes.
/// </summary>
internal interface IMessageTimers
{
    /// <summary>The timers of some conversations; those in which none was ever set are not in the answer.</summary>
    ValueTask<IReadOnlyDictionary<ConversationId, ConversationTimer>> ReadTimersAsync(IReadOnlyCollection<ConversationId> conversations, CancellationToken ct);
}
