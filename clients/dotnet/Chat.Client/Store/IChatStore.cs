namespace Chat.Client;

/// <summary>
/// What an installation keeps: the session, a cache of the server's messages, and the outbox. Deleting it loses only the outbox.
/// </summary>
/// <remarks>
/// A client opens it, calls one method at a time, and closes it at the end; it may be opened again after that. Any exception means that it cannot
/// be read or written. The implementations here are <see cref="MemoryStore"/> and <see cref="SqliteStore"/>.
/// </remarks>
public interface IChatStore
{
    /// <summary>Opens the store, creating it if there is none, and reads all but the messages.</summary>
    Task<StoredState> OpenAsync(CancellationToken ct);

    /// <summary>Writes changes in their order: after a crash all of them are there, or none. On disk when it returns.</summary>
    Task WriteAsync(IReadOnlyList<StoreChange> changes, CancellationToken ct);

    /// <summary>The newest messages in a range, at most <paramref name="limit"/>, ascending.</summary>
    Task<IReadOnlyList<Message>> ReadAsync(string conversationId, SeqNoRange range, int limit, CancellationToken ct);

    /// <summary>All notices in a range, ascending.</summary>
    Task<IReadOnlyList<Notice>> ReadNoticesAsync(string conversationId, SeqNoRange range, CancellationToken ct);

    /// <summary>How many messages in a range are not by this user, and not deleted, and how many of those mention it; of each at most <paramref name="limit"/>.</summary>
    Task<OthersCount> CountOthersAsync(string conversationId, SeqNoRange range, string userId, int limit, CancellationToken ct);

    /// <summary>Files that are kept beside the state.</summary>
    IKeptFiles Files { get; }

    /// <summary>Closes the store. Nothing is lost by not calling it.</summary>
    Task CloseAsync();
}

/// <summary>Messages of others.</summary>
/// <param name="Messages">How many.</param>
/// <param name="Mentions">Those of them that mention the user.</param>
public readonly record struct OthersCount(int Messages, int Mentions);
