using Chat.Host.Transports.Frames;
using Chat.Modules.Messaging.Contracts;
using System.Text.Json;

namespace Chat.Host.Transports.ServerFrames;

/// <summary>A file of a message.</summary>
internal readonly struct MediaFields : IFieldsOf<MessageMedia>
{
    private static readonly JsonEncodedText MediaId = JsonEncodedText.Encode("mediaId");
    private static readonly JsonEncodedText ContentType = JsonEncodedText.Encode("contentType");
    private static readonly JsonEncodedText Size = JsonEncodedText.Encode("size");
    private static readonly JsonEncodedText Name = JsonEncodedText.Encode("name");
    private static readonly JsonEncodedText Width = JsonEncodedText.Encode("width");
    private static readonly JsonEncodedText Height = JsonEncodedText.Encode("height");
    private static readonly JsonEncodedText DurationMs = JsonEncodedText.Encode("durationMs");
    private static readonly JsonEncodedText Blurhash = JsonEncodedText.Encode("blurhash");
    private static readonly JsonEncodedText Thumbnail = JsonEncodedText.Encode("thumbnail");
    private static readonly JsonEncodedText Voice = JsonEncodedText.Encode("voice");
    private static readonly JsonEncodedText Waveform = JsonEncodedText.Encode("waveform");

    public void WriteTo<TWriter>(MessageMedia media, ref TWriter fields) where TWriter : struct, IFieldWriter
    {
        fields.Id(MediaId, media.Id.Value);
        fields.Text(ContentType, media.ContentType);
        fields.Number(Size, media.Size);
        fields.Text(Name, media.Name);
        fields.Number(Width, media.Width);
        fields.Number(Height, media.Height);
        fields.Number(DurationMs, media.DurationMs);
        fields.Text(Blurhash, media.Blurhash);
        fields.Flag(Thumbnail, media.Thumbnail);
        fields.Flag(Voice, media.Voice);
        fields.Numbers(Waveform, media.Waveform.Span);
    }
}
