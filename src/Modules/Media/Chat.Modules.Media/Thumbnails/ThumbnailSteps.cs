using Chat.Modules.Media.Storage;

namespace Chat.Modules.Media.Thumbnails;

/// <summary>The widths in which thumbnails are made, and where they are in the store: beside the content, with which they go.</summary>
internal static class ThumbnailSteps
{
    private static readonly int[] Widths = [160, 320, 640, 1280];

    /// <summary>Of an upright picture of 4 : 3, and more: only what is very high is made narrower than its step.</summary>
    public const int MaxHeight = 4_096;

    public static int Largest => Widths[^1];

    /// <summary>The steps that a picture has: up to the first that is as wide as the picture.</summary>
    /// <param name="pictureWidth">Null where it is not known.</param>
    public static IReadOnlyList<int> Of(int? pictureWidth) => [.. Widths.Where((_, i) => i == 0 || Widths[i - 1] < (pictureWidth ?? int.MaxValue))];

    /// <summary>The next larger step, among those that the picture has.</summary>
    public static int For(int asked, int? pictureWidth)
    {
        var steps = Of(pictureWidth);
        return steps.FirstOrDefault(step => step >= asked, steps[^1]);
    }

    // The content's key last: a folder spreads its files by the end of their keys.
    public static string KeyOf(string blobKey, int step) => $"w{step}.{blobKey}";

    /// <summary>With the content its thumbnails go: after it, so that those that are made meanwhile are deleted here or by their maker.</summary>
    public static async Task DeleteThumbnailsAsync(this IMediaStore store, string blobKey, CancellationToken ct)
    {
        foreach (var width in Widths)
            await store.DeleteAsync(KeyOf(blobKey, width), ct);
    }
}
