using System.Diagnostics.Metrics;

namespace Chat.Modules.Media.Thumbnails;

/// <summary>What making thumbnails counts.</summary>
internal sealed class ThumbnailMetrics(IMeterFactory meters)
{
    private readonly Counter<long> _made = meters.Create("Chat").CreateCounter<long>(
        "chat.media.thumbnails", description: "Contents whose thumbnails were made, or found to have none, by outcome: made, none.");

    private readonly Counter<long> _refused = meters.Create("Chat").CreateCounter<long>(
        "chat.media.thumbnails_refused", description: "Thumbnails that were not made because too many waited.");

    public void Made(bool isMade) => _made.Add(1, new KeyValuePair<string, object?>("outcome", isMade ? "made" : "none"));

    public void Refused() => _refused.Add(1);
}
