using Chat.BuildingBlocks.Errors;

namespace Chat.Modules.Media.Storage;

/// <summary>The bytes of files, by key. Passes MediaStoreContract.</summary>
/// <remarks>
/// Keys are of the server's making: letters, digits, <c>-</c> and <c>.</c>, 100 at most. Bytes at a key never change. Every method throws
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

    /// <summary>Deletes. Nothing happens where nothing is.</summary>
    Task DeleteAsync(string key, CancellationToken ct);

    /// <summary>An address at which anybody can read the bytes for a while, without this server; null where the store has none.</summary>
    Uri? Sign(string key, SignedAnswer answer);
}

/// <summary>What a signed address answers with beside the bytes.</summary>
internal sealed record SignedAnswer(TimeSpan Lifetime, string ContentType, string Disposition);

/// <summary>The store has no room for what was to be written; nothing of it is there.</summary>
internal sealed class StoreFullException(string message, Exception inner) : Exception(message, inner);
