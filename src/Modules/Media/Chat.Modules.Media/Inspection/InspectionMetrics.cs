using System.Diagnostics.Metrics;

namespace Chat.Modules.Media.Inspection;

/// <summary>What reading pictures counts.</summary>
internal sealed class InspectionMetrics(IMeterFactory meters)
{
    private readonly Histogram<double> _decodes = meters.Create("Chat").CreateHistogram<double>(
        "chat.media.decode", "s", "Time to decode a picture, by outcome: decoded, broken, slow.");

    private readonly Counter<long> _tooLarge = meters.Create("Chat").CreateCounter<long>(
        "chat.media.pictures_too_large", description: "Pictures that were not decoded because of their size.");

    public void Decoded(TimeSpan duration, string outcome) => _decodes.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("outcome", outcome));

    public void TooLarge() => _tooLarge.Add(1);
}
