using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SkiaSharp;

namespace Chat.Modules.Media.Inspection.Pictures;

/// <summary>Decodes pictures, a few at a time.</summary>
/// <remarks>
/// What a hostile picture costs is bounded by its pixels, by the number of scans (<see cref="JpegLayout"/>), and by time: a decoder that reads on after the deadline is at the
/// end of its file. A decoder cannot be stopped while it does not read; such work is bounded by the pixels alone, and it keeps its place among <see cref="PictureOptions.Decodes"/> until it ends.
/// </remarks>
internal sealed class PictureDecoder(IOptions<PictureOptions> options, InspectionMetrics metrics, TimeProvider clock, ILogger<PictureDecoder> log) : IDisposable
{
    private const int BufferBytes = 64 * 1024;

    private static readonly SKSamplingOptions Smooth = new(SKFilterMode.Linear, SKMipmapMode.Linear);

    private readonly SemaphoreSlim _decodes = new(options.Value.Decodes);

    public bool IsWithinLimits(PictureLayout picture, long fileBytes)
    {
        if (picture.Pixels * picture.BytesPerPixel <= options.Value.MaxPicturePixels * PictureLayout.UsualBytesPerPixel && fileBytes <= options.Value.MaxPictureBytes)
            return true;
        metrics.TooLarge();
        log.PictureTooLarge(picture.ContentType, picture.Width, picture.Height, fileBytes);
        return false;
    }

    /// <summary>Decodes the first frame, upright, in sRGB and not larger than it is, and makes something of it.</summary>
    /// <param name="width">Pixels of the result at most, as shown; 1 or more.</param>
    /// <param name="height">As the width.</param>
    /// <returns>Null if the file is broken, or took too long.</returns>
    /// <exception cref="OperationCanceledException"/>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public async Task<T?> DecodeAsync<T>(Stream file, PictureLayout picture, int width, int height, Func<SKBitmap, T> make, CancellationToken ct) where T : class
    {
        await _decodes.WaitAsync(ct);
        try
        {
            return await Task.Run(() => Decode(file, picture, width, height, make, ct), ct);
        }
        finally
        {
            _decodes.Release();
        }
    }

    public void Dispose() => _decodes.Dispose();

    private T? Decode<T>(Stream file, PictureLayout picture, int width, int height, Func<SKBitmap, T> make, CancellationToken ct) where T : class
    {
        var start = clock.GetTimestamp();
        file.Position = 0;
        using var source = new DeadlineStream(file, clock, TimeSpan.FromMilliseconds(options.Value.DecodeTimeoutMs), ct);
        var (bitmap, reason) = Decode(source, picture, width, height);
        using (bitmap)
        {
            ct.ThrowIfCancellationRequested();
            if (source.Fault is { } fault)
                throw new IOException("A picture's file could not be read.", fault);
            metrics.Decoded(clock.GetElapsedTime(start), bitmap is not null ? "decoded" : source.IsLate ? "slow" : "broken");
            if (bitmap is not null)
                return make(bitmap);
            if (source.IsLate)
                log.PictureTooSlow(picture.ContentType, picture.Width, picture.Height, file.Length);
            else
                log.PictureBroken(picture.ContentType, picture.Width, picture.Height, file.Length, reason);
            return null;
        }
    }

    private static (SKBitmap? Bitmap, string Reason) Decode(Stream source, PictureLayout picture, int width, int height)
    {
        using var buffered = new BufferedStream(source, BufferBytes);
        using var codec = SKCodec.Create(buffered, out var opened);
        if (codec is null)
            return (null, opened.ToString());
        if (codec.Info.Width != picture.Width || codec.Info.Height != picture.Height)
            return (null, "its size is another than its header says");

        var (shown, swaps) = (FitInto(picture, width, height), picture.Orientation.SwapsSides);
        var target = new SKSizeI(swaps ? shown.Height : shown.Width, swaps ? shown.Width : shown.Height);
        var scaled = ScaledSize(codec, target);
        using var decoded = new SKBitmap();
        if (!decoded.TryAllocPixels(InfoOf(scaled)))
            return (null, "no memory");
        var result = codec.GetPixels(decoded.Info, decoded.GetPixels(), new SKCodecOptions(0));
        if (result != SKCodecResult.Success)
            return (null, result.ToString());
        var resized = scaled == target ? null : decoded.Resize(InfoOf(target), Smooth);
        using (resized)
            return scaled != target && resized is null ? (null, "no memory") : (Turn(resized ?? decoded, shown, picture.Orientation), "");
    }

    // The decoder of JPEG knows eighths and takes the next smaller one.
    private static SKSizeI ScaledSize(SKCodec codec, SKSizeI target)
    {
        for (var scale = (float)target.Width / codec.Info.Width; scale < 1; scale += 0.125f)
        {
            var size = codec.GetScaledDimensions(scale);
            if (size.Width >= target.Width && size.Height >= target.Height)
                return size;
        }
        return codec.Info.Size;
    }

    private static SKSizeI FitInto(PictureLayout picture, int width, int height)
    {
        var scale = Math.Min(1, Math.Min((double)width / picture.ShownWidth, (double)height / picture.ShownHeight));
        return new SKSizeI(Math.Max(1, (int)Math.Round(picture.ShownWidth * scale)), Math.Max(1, (int)Math.Round(picture.ShownHeight * scale)));
    }

    /// <summary>A smaller picture of this size.</summary>
    public static SKBitmap Shrink(SKBitmap picture, int width, int height) =>
        picture.Resize(InfoOf(new SKSizeI(width, height)), Smooth) ?? throw new InvalidOperationException("No memory for a thumbnail.");

    private static SKBitmap Turn(SKBitmap stored, SKSizeI shown, Orientation orientation)
    {
        var turned = new SKBitmap(InfoOf(shown));
        using var canvas = new SKCanvas(turned);
        canvas.Clear(SKColors.Transparent);
        var (w, h) = (stored.Width, stored.Height);
        canvas.SetMatrix(orientation.Value switch
        {
            2 => new SKMatrix(-1, 0, w, 0, 1, 0, 0, 0, 1),
            3 => new SKMatrix(-1, 0, w, 0, -1, h, 0, 0, 1),
            4 => new SKMatrix(1, 0, 0, 0, -1, h, 0, 0, 1),
            5 => new SKMatrix(0, 1, 0, 1, 0, 0, 0, 0, 1),
            6 => new SKMatrix(0, -1, h, 1, 0, 0, 0, 0, 1),
            7 => new SKMatrix(0, -1, h, -1, 0, w, 0, 0, 1),
            8 => new SKMatrix(0, 1, 0, -1, 0, w, 0, 0, 1),
            _ => SKMatrix.Identity,
        });
        canvas.DrawBitmap(stored, 0, 0, SKSamplingOptions.Default);
        return turned;
    }

    private static SKImageInfo InfoOf(SKSizeI size) => new(size.Width, size.Height, SKColorType.Rgba8888, SKAlphaType.Premul, SKColorSpace.CreateSrgb());
}
