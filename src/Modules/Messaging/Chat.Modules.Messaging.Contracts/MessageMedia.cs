using System.Text;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>A file in a message, as it was described when the message was sent.</summary>
/// <param name="Id">The stored file.</param>
/// <param name="ContentType">Its media type, told by its bytes.</param>
/// <param name="Size">Bytes; 0 or more.</param>
public sealed record MessageMedia(MediaId Id, string ContentType, long Size)
{
    /// <summary>The most media of one message.</summary>
    public const int MaxCount = 10;

    /// <summary>The longest name, in UTF-16 units.</summary>
    public const int MaxNameLength = 255;

    /// <summary>The most values of a waveform.</summary>
    public const int MaxWaveform = 100;

    // Names of fields, punctuation, numbers and the UUID.
    private const int FixedJsonBytes = 320;

    // A number of three digits and a comma.
    private const int WaveformJsonBytes = 4;

    /// <summary>The file's name, without path parts; null for none.</summary>
    public string? Name { get; init; }

    /// <summary>Pixels as shown; null where there is no picture.</summary>
    public int? Width { get; init; }

    /// <summary>Pixels as shown; null where there is no picture.</summary>
    public int? Height { get; init; }

    /// <summary>Of audio and video; null where unknown.</summary>
    public long? DurationMs { get; init; }

    /// <summary>A placeholder of the picture (blurha.sh); null for none.</summary>
    public string? Blurhash { get; init; }

    /// <summary>Whether there is a thumbnail.</summary>
    public bool Thumbnail { get; init; }

    /// <summary>Whether the sender calls it a voice note.</summary>
    public bool Voice { get; init; }

    /// <summary>A voice note's loudness over its length, each 0 to 255; at most <see cref="MaxWaveform"/>, empty for none.</summary>
    public ReadOnlyMemory<byte> Waveform { get; init; }

    /// <summary>Encoded fields of a newer server that this one does not know: kept, and written again.</summary>
    public ReadOnlyMemory<byte> Unknown { get; init; }

    /// <summary>Bytes as JSON at most, whichever transport shows it.</summary>
    public int MaxJsonBytes() => FixedJsonBytes + JsonText.MaxBytes(ContentType) + JsonText.MaxBytes(Name) + JsonText.MaxBytes(Blurhash)
        + (WaveformJsonBytes * Waveform.Length);

    /// <summary>Compares the bytes of waveform and unknown fields, too.</summary>
    public bool Equals(MessageMedia? other) => other is not null
        && (Id, ContentType, Size, Name, Width, Height, DurationMs) == (other.Id, other.ContentType, other.Size, other.Name, other.Width, other.Height, other.DurationMs)
        && (Blurhash, Thumbnail, Voice) == (other.Blurhash, other.Thumbnail, other.Voice)
        && Waveform.Span.SequenceEqual(other.Waveform.Span) && Unknown.Span.SequenceEqual(other.Unknown.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Id, Size, Name);

    // Not what a file is called: a message's content is not logged.
    private bool PrintMembers(StringBuilder text)
    {
        text.Append(Id);
        return true;
    }
}
