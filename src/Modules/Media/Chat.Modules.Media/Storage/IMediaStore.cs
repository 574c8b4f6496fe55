using Chat.BuildingBlocks.Errors;

namespace Chat.Modules.Media.Storage;

/// <summary>The bytes of files, by key. Passes MediaStoreContract.</summary>
/// <remarks>
/// Keys are of the server's making: a file's id with letters, digits, <c>-</c> and <c>.</c> about it, 2 to 100 characters. Bytes at a key never change. Every method throws
/// <see cref="StoreUnavailableException"/> when the store does not answer.
/// </remarks>
internal interface IMediaStore
{
    /// <summary>Writes what the stream has to its end. Durable when this returns; if it throws, whatever the reason, nothing is at the key.</summary>
    /// <param name="content">Read once, from where it stands. What it throws is passed on.</param>
    /// <exception cref="StoreFullException">There is no room.</exception>
    Task WriteAsync(string key, Stream content, CancellationToken ct);

    /// <summary>The bytes at a key, read as they are needed; can seek and knows its length. To be disposed.</summary>
    /// <returns>Null if nothing is at the key.</returns>
    Task<Stream?> OpenAsync(string key, CancellationToken ct);

    /// <summary>Deletes what is at the key. Nothing happens where nothing is.</summary>
    Task DeleteAsync(string key, CancellationToken ct);

    /// <summary>
    /// Adds to bytes that come in several calls, of any servers; <see cref="CompleteAsync"/> makes them what is at the key. Durable when this returns. What one
    /// call has added counts with the progress that it returned: with an earlier one the next call overwrites it.
    /// </summary>
    /// <param name="at">What the call before returned; <see cref="StoreProgress.None"/> for the first.</param>
    /// <param name="content">Read once, to its end. It may have no byte.</param>
    /// <exception cref="StoreFullException">There is no room; the progress is as before.</exception>
    Task<StoreProgress> AppendAsync(string key, StoreProgress at, Stream content, CancellationToken ct);

    /// <summary>Takes back what a call has added and what is not to count. However often, no more room is taken than once: what stays of it is overwritten by the next call.</summary>
    /// <param name="at">What the call was given; with it the next one goes on.</param>
    /// <param name="added">What the call returned.</param>
    Task TakeBackAsync(string key, StoreProgress at, StoreProgress added, CancellationToken ct);

    /// <summary>Makes all that was added the bytes at the key. May be called again.</summary>
    Task CompleteAsync(string key, StoreProgress at, CancellationToken ct);

    /// <summary>Deletes what was added and not completed. Nothing happens where nothing is.</summary>
    Task DiscardAsync(string key, CancellationToken ct);

    /// <summary>An address at which anybody can read the bytes for a while, without this server; null where the store has none.</summary>
    Uri? Sign(string key, SignedAnswer answer);
}

/// <summary>How far an upload in several calls has got.</summary>
/// <param name="Bytes">Those that are stored.</param>
/// <param name="State">The store's own; null where it needs none.</param>
internal sealed record StoreProgress(long Bytes, string? State)
{
    public static StoreProgress None { get; } = new(0, null);
}

/// <summary>What a signed address answers with beside the bytes.</summary>
internal sealed record SignedAnswer(TimeSpan Lifetime, string ContentType, string Disposition);

/// <summary>The store has no room for what was to be written; nothing of it is there.</summary>
internal sealed class StoreFullException(string message, Exception? inner = null) : Exception(message, inner);
