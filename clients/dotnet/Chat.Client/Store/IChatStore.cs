namespace Chat.Client;

/// <summary>
/// What one installation keeps: who is signed in, a cache of the server's log, and the outbox. It may be thrown away at the price of the outbox.
/// </summary>
/// <remarks>
/// A client opens it, calls one method at a time, and closes it at the end; it may be opened again after that. What cannot be read or written
/// is said by any exception. The implementations here are <see cref="MemoryStore"/> and <see cref="SqliteStore"/>.
/// </remarks>
public interface IChatStore
{
    /// <summary>Opens the store, making it where there is none, and reads all but the messages.</summary>
    Task<StoredState> OpenAsync(CancellationToken ct);

    /// <summary>Writes changes in their order: after a crash all of them count, or none. On disk when it returns.</summary>
    Task WriteAsync(IReadOnlyList<StoreChange> changes, CancellationToken ct);

    /// <summary>Of the messages in a stretch, both ends included, the newest, ascending.</summary>
    /// <param name="conversationId">Whose.</param>
    /// <param name="stretch">Where.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="ct">Cancels.</param>
    Task<IReadOnlyList<Message>> ReadAsync(string conversationId, Span stretch, int limit, CancellationToken ct);

    /// <summary>How many messages in a stretch, both ends included, are not by a user; at most <paramref name="limit"/>.</summary>
    Task<int> CountOthersAsync(string conversationId, Span stretch, string userId, int limit, CancellationToken ct);

    /// <summary>Closes the store. Nothing is lost by not calling it.</summary>
    Task CloseAsync();
}
