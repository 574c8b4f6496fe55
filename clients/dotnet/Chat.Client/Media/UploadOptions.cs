namespace Chat.Client;

/// <summary>What a caller says of a file that it uploads.</summary>
public sealed record UploadOptions
{
    /// <summary>What it is called; null for nothing, or a path's own name.</summary>
    public string? Name { get; init; }

    /// <summary>What it is thought to be; the server looks at the bytes.</summary>
    public string ContentType { get; init; } = FileToSend.UnknownType;

    /// <summary>
    /// The same for the same content, of any form: an upload that was interrupted goes on where it was, also after a restart where the store is durable. A path has
    /// one of its own: its name, size and time of writing. Null: it begins anew.
    /// </summary>
    public string? Fingerprint { get; init; }

    /// <summary>Told of the bytes that have left; on any thread.</summary>
    public IProgress<UploadProgress>? Progress { get; init; }
}

/// <summary>How far an upload has got.</summary>
/// <param name="Sent">Bytes that have left; less than before where some did not arrive.</param>
/// <param name="Total">Bytes of the file.</param>
public readonly record struct UploadProgress(long Sent, long Total);
