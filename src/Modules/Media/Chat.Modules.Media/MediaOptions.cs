namespace Chat.Modules.Media;

/// <summary>Section <c>Media</c>: uploaded files.</summary>
internal sealed class MediaOptions
{
    /// <summary>
    /// The folder of the files' bytes, created if missing; servers with one database share it. Default <c>media</c> in the data directory.
    /// </summary>
    public string? Folder { get; init; }
}
