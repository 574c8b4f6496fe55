using System.Diagnostics.Metrics;
using Chat.Modules.Media.Catalogue;

namespace Chat.Modules.Media.Collecting;

/// <summary>What the collector counts.</summary>
internal sealed class CollectingMetrics(IMeterFactory meters)
{
    private readonly Counter<long> _collected = meters.Create("Chat").CreateCounter<long>(
        "chat.media.collected", description: "Files that were removed because no message had them, by kind: finished, unfinished.");

    public void Collected(MediaState seen) =>
        _collected.Add(1, new KeyValuePair<string, object?>("kind", seen == MediaState.Uploading ? "unfinished" : "finished"));
}
