using System.Text.Json.Serialization;

namespace Chat.Client;

/// <summary>A file in a message. Of one that is sent, the server reads the id, and what the sender says of it: voice, waveform, name.</summary>
public sealed record MessageMedia
{
    /// <summary>The uploaded file.</summary>
    public required string MediaId { get; init; }

    /// <summary>What it is, told by its bytes.</summary>
    public string ContentType { get; init; } = "application/octet-stream";

    /// <summary>Bytes.</summary>
    public long Size { get; init; }

    /// <summary>What it is called; null for nothing.</summary>
    public string? Name { get; init; }

    /// <summary>Pixels as shown; null where there is no picture.</summary>
    public int? Width { get; init; }

    /// <summary>Pixels as shown; null where there is no picture.</summary>
    public int? Height { get; init; }

    /// <summary>Of audio and video; null where unknown.</summary>
    public long? DurationMs { get; init; }

    /// <summary>A placeholder of the picture (blurha.sh).</summary>
    public string? Blurhash { get; init; }

    /// <summary>Whether the server has a thumbnail.</summary>
    public bool Thumbnail { get; init; }

    /// <summary>Whether it is a voice note.</summary>
    public bool Voice { get; init; }

    /// <summary>A voice note's loudness over its length: at most 100 values from 0 to 255; null for none.</summary>
    public IReadOnlyList<int>? Waveform { get; init; }

    // What a newer server says; never changed after it was read.
    [JsonInclude, JsonExtensionData]
    internal UnknownProperties? UnknownProperties { get; set; }

    /// <summary>Compares the waveform's values, too.</summary>
    public bool Equals(MessageMedia? other) => other is not null
        && (MediaId, ContentType, Size, Name, Width, Height, DurationMs) == (other.MediaId, other.ContentType, other.Size, other.Name, other.Width, other.Height, other.DurationMs)
        && (Blurhash, Thumbnail, Voice) == (other.Blurhash, other.Thumbnail, other.Voice) && (Waveform ?? []).SequenceEqual(other.Waveform ?? [])
        && Equals(UnknownProperties, other.UnknownProperties);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(MediaId, Size);
}

/// <summary>What a sender says of a file.</summary>
internal sealed record MediaReference(string MediaId, bool? Voice, IReadOnlyList<int>? Waveform, string? Name);
