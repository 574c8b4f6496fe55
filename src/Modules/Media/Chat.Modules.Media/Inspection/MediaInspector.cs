using Chat.Modules.Media.Inspection.Pictures;
using Chat.Modules.Media.Inspection.Recordings;
using Microsoft.Extensions.Options;
using SkiaSharp;

namespace Chat.Modules.Media.Inspection;

/// <summary>Looks into pictures, audio and video; everything else is told by its first bytes.</summary>
internal sealed class MediaInspector(IOptions<PictureOptions> options, PictureDecoder decoder) : IMediaInspector
{
    // The blurhash has at most 4 x 4 components, so a small picture is as good as a large one.
    private const int BlurhashPixels = 64;

    public async Task<Inspected> InspectAsync(Stream file, CancellationToken ct)
    {
        var (picture, told) = await Task.Run(() => Read(file, ct), ct);
        if (picture is null)
            return told;
        var measured = new Inspected(picture.ContentType) { Width = picture.ShownWidth, Height = picture.ShownHeight, Stripped = options.Value.StripMetadata ? picture.Stripped : null };
        if (!decoder.IsWithinLimits(picture, file.Length))
            return measured;
        var blurhash = await decoder.DecodeAsync(file, picture, BlurhashPixels, BlurhashPixels, BlurhashOf, ct);
        return blurhash is null ? new Inspected(Inspected.PlainFile) : measured with { Blurhash = blurhash, CanHaveThumbnail = true };
    }

    private static (PictureLayout?, Inspected) Read(Stream file, CancellationToken ct)
    {
        var reader = new FileReader(file, ct);
        var start = reader.ReadSome(0);
        var kind = FileSignature.KindOf(start);
        if (kind == FileKind.Other)
            return (null, new Inspected(FileSignature.ContentTypeOf(start)));
        if (PictureLayout.Read(reader, kind) is { } picture)
            return (picture, new Inspected(picture.ContentType));
        var recording = kind switch
        {
            FileKind.IsoMedia => IsoMedia.Read(reader),
            FileKind.Matroska => Matroska.Read(reader),
            FileKind.Ogg => Ogg.Read(reader),
            FileKind.Wave => Wave.Read(reader),
            FileKind.Flac => Flac.Read(reader),
            FileKind.MpegAudio => MpegAudio.Read(reader),
            _ => null,
        };
        return (null, recording is null
            ? new Inspected(Inspected.PlainFile)
            : new Inspected(recording.ContentType) { Width = recording.Width, Height = recording.Height, DurationMs = recording.DurationMs });
    }

    private static string BlurhashOf(SKBitmap picture)
    {
        var isWide = picture.Width >= picture.Height;
        return Blurhash.Encode(picture.GetPixelSpan(), picture.Width, picture.Height, isWide ? 4 : 3, isWide ? 3 : 4);
    }
}
