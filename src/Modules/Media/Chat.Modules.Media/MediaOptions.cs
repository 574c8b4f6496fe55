using System.ComponentModel.DataAnnotations;

namespace Chat.Modules.Media;

/// <summary>Section <c>Media</c>: uploaded files.</summary>
internal sealed class MediaOptions
{
    /// <summary>
    /// The folder of the files' bytes, created if missing; servers with one database share it. Default <c>media</c> in the data directory.
    /// </summary>
    public string? Folder { get; init; }

    /// <summary>How long a file stays that no message has, and an unfinished upload, in seconds. 3 600 to 31 536 000; default 86 400 (a day).</summary>
    [Range(3_600, 31_536_000)] public int OrphanAfterSeconds { get; init; } = 86_400;

    public TimeSpan OrphanAfter => TimeSpan.FromSeconds(OrphanAfterSeconds);
}
