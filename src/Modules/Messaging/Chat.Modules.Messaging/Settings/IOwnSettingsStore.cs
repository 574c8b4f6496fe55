using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Settings;

/// <summary>What users have set for conversations.</summary>
/// <remarks>Passes OwnSettingsStoreContract.</remarks>
internal interface IOwnSettingsStore
{
    /// <summary>How long an answer may be used although another process may have changed the store; <see cref="Timeout.InfiniteTimeSpan"/> if none can.</summary>
    TimeSpan MaxAge { get; }

    /// <summary>
    /// The settings of a user in these conversations, as they were set, but for what <see cref="ReadHiddenAsync(UserId, IReadOnlyCollection{ConversationId}, CancellationToken)"/> has; those in which
    /// nothing was set are left out.
    /// </summary>
    Task<IReadOnlyDictionary<ConversationId, OwnSettings>> ReadAsync(UserId user, IReadOnlyCollection<ConversationId> conversations, CancellationToken ct);

    /// <summary>What a user has archived or cleared of these conversations, and perhaps of some of them that neither counts any more; those without are left out.</summary>
    Task<IReadOnlyDictionary<ConversationId, Hidden>> ReadHiddenAsync(UserId user, IReadOnlyCollection<ConversationId> conversations, CancellationToken ct);

    /// <summary>The same of all conversations; null if there may be more than <paramref name="limit"/> of them.</summary>
    Task<IReadOnlyDictionary<ConversationId, Hidden>?> ReadHiddenAsync(UserId user, int limit, CancellationToken ct);

    /// <summary>
    /// Changes what is given and leaves the rest. Of changes of one setting the last one counts, whatever the servers' clocks say; of two at the same time
    /// one, the same for all readers. <see cref="OwnSettings.ClearedUpTo"/> never moves back.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The outcome is unknown: some of it may have been changed.</exception>
    Task SaveAsync(UserId user, ConversationId conversation, OwnSettingsChange change, CancellationToken ct);
}
