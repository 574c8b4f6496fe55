namespace Chat.Client;

/// <summary>A file of an outbox entry. Its bytes are kept in the store until the message is sent.</summary>
public sealed record OutgoingFile
{
    /// <summary>Its name in the store.</summary>
    public required string FileId { get; init; }

    /// <summary>What the sender says that it is; the server looks at the bytes.</summary>
    public string ContentType { get; init; } = FileToSend.UnknownType;

    /// <summary>Bytes.</summary>
    public long Size { get; init; }

    /// <summary>What it is called; null for nothing.</summary>
    public string? Name { get; init; }

    /// <summary>Pixels as shown, as the sender says; null where unknown.</summary>
    public int? Width { get; init; }

    /// <summary>Pixels as shown, as the sender says; null where unknown.</summary>
    public int? Height { get; init; }

    /// <summary>Of audio and video, as the sender says; null where unknown.</summary>
    public long? DurationMs { get; init; }

    /// <summary>Whether it is a voice note.</summary>
    public bool Voice { get; init; }

    /// <summary>A voice note's loudness over its length: at most 100 values from 0 to 255; null for none.</summary>
    public IReadOnlyList<int>? Waveform { get; init; }

    /// <summary>What it became; null before it is uploaded.</summary>
    public MessageMedia? Media { get; init; }

    /// <summary>Compares the waveform's values, too.</summary>
    public bool Equals(OutgoingFile? other) => other is not null
        && (FileId, ContentType, Size, Name, Width, Height, DurationMs) == (other.FileId, other.ContentType, other.Size, other.Name, other.Width, other.Height, other.DurationMs)
        && (Voice, Media) == (other.Voice, other.Media) && (Waveform ?? []).SequenceEqual(other.Waveform ?? []);

    /// <inheritdoc/>
    public override int GetHashCode() => FileId.GetHashCode(StringComparison.Ordinal);
}
