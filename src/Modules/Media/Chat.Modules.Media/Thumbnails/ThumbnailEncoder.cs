using Chat.Modules.Media.Inspection.Pictures;
using SkiaSharp;

namespace Chat.Modules.Media.Thumbnails;

/// <summary>Makes a picture smaller, step by step, as WebP.</summary>
internal static class ThumbnailEncoder
{
    private const int Quality = 75;

    /// <param name="picture">Upright, of the largest step's width at most.</param>
    /// <returns>By step, as in <paramref name="steps"/>; none is larger than the picture.</returns>
    public static IReadOnlyDictionary<int, byte[]> Encode(SKBitmap picture, IReadOnlyList<int> steps)
    {
        var made = new Dictionary<int, byte[]>();
        SKBitmap? smaller = null;
        try
        {
            foreach (var step in steps.OrderDescending())
            {
                var from = smaller ?? picture;
                if (step < from.Width)
                {
                    var next = PictureDecoder.Shrink(from, step, Math.Max(1, (int)Math.Round((double)picture.Height * step / picture.Width)));
                    smaller?.Dispose();
                    smaller = next;
                }
                using var encoded = (smaller ?? picture).Encode(SKEncodedImageFormat.Webp, Quality);
                made[step] = encoded.ToArray();
            }
            return made;
        }
        finally
        {
            smaller?.Dispose();
        }
    }
}
