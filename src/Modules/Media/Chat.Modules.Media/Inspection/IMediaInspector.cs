namespace Chat.Modules.Media.Inspection;

/// <summary>Tells what a file is by its bytes alone.</summary>
internal interface IMediaInspector
{
    /// <summary>Reads the file where it has to, in pieces of at most 64 KiB; most of it at most once. A picture is decoded, within the limits of <see cref="PictureOptions"/>.</summary>
    /// <param name="file">Can be read and sought; its position afterwards is any. It is read by one thread at a time, synchronously.</param>
    /// <returns>Whatever the bytes are: what is broken or unknown is <c>application/octet-stream</c>.</returns>
    /// <exception cref="OperationCanceledException"/>
    /// <exception cref="IOException">The file itself cannot be read.</exception>
    Task<Inspected> InspectAsync(Stream file, CancellationToken ct);
}

/// <summary>What a file is.</summary>
internal sealed record Inspected(string ContentType)
{
    public const string PlainFile = "application/octet-stream";

    /// <summary>Pixels as shown, after orientation; null where there is no picture, or its size is not told.</summary>
    public int? Width { get; init; }

    /// <summary>As the width; both are null, or none.</summary>
    public int? Height { get; init; }

    /// <summary>Of audio and video, by the header; null where it does not tell.</summary>
    public long? DurationMs { get; init; }

    /// <summary>A placeholder of the picture (blurha.sh); null where the picture was not decoded.</summary>
    public string? Blurhash { get; init; }

    /// <summary>Whether the picture can be decoded within the limits.</summary>
    public bool CanHaveThumbnail { get; init; }

    /// <summary>What to store instead of the file, so that it shows the same and has no metadata; null if the bytes stay as they are.</summary>
    public FileParts? Stripped { get; init; }
}
