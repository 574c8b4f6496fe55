namespace Chat.Modules.Media.Storage;

/// <summary>Where the bytes at a key are, in a folder and in a bucket alike: <c>blobs/NN/KEY</c>, NN being two random characters of the key's id.</summary>
internal static class BlobPath
{
    public const string Root = "blobs";

    // An id ends with random digits; what stands before or after it in a key is short.
    private const int IdLength = 36;

    public static string Of(string key)
    {
        var end = Math.Min(IdLength, key.Length);
        return $"{Root}/{key[(end - 2)..end]}/{key}";
    }
}
