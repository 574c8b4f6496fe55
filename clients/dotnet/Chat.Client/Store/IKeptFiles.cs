namespace Chat.Client;

/// <summary>Beside the state of an <see cref="IChatStore"/>: the bytes of files in the outbox, and where interrupted uploads go on.</summary>
/// <remarks>
/// A key has 1 to 100 ASCII letters, digits and hyphens. Usable while the store is open, by several callers at once, of which no two write the same key. Any
/// exception means that it cannot be read or written. <see cref="StoreChange.ClearOutbox"/> deletes them all.
/// </remarks>
public interface IKeptFiles
{
    /// <summary>Keeps what can be read from a stream, instead of what the key had. On disk when it returns; after a crash before that, a part may be there.</summary>
    /// <returns>How many bytes it has.</returns>
    Task<long> PutAsync(string key, Stream content, CancellationToken ct);

    /// <summary>Opens what is kept, for the caller to read, to seek in and to close; null where there is nothing.</summary>
    Task<Stream?> OpenAsync(string key, CancellationToken ct);

    /// <summary>Deletes; what is not there is deleted already. A stream that is open can still be read.</summary>
    Task DeleteAsync(IReadOnlyCollection<string> keys, CancellationToken ct);

    /// <summary>All keys, in any order.</summary>
    Task<IReadOnlyList<string>> GetKeysAsync(CancellationToken ct);
}
