namespace Chat.Modules.Media.Inspection.Recordings;

/// <summary>What the header of an audio or video file says.</summary>
/// <param name="Width">Pixels as shown; null without a picture.</param>
internal sealed record Recording(string ContentType, int? Width, int? Height, long? DurationMs)
{
    public static Recording Sound(string contentType, long? durationMs) => new(contentType, null, null, durationMs);

    /// <returns>Milliseconds; null where a header says something that cannot be: none, less, or more than a year.</returns>
    public static long? DurationOf(double units, double unitsPerSecond) =>
        units * 1000 / unitsPerSecond is >= 1 and < 366L * 24 * 3600 * 1000 and var milliseconds ? (long)Math.Round(milliseconds) : null;
}
