using System.Diagnostics.Metrics;

namespace Chat.Modules.Media.Scanning;

/// <summary>What the virus scan counts.</summary>
internal sealed class ScanningMetrics(IMeterFactory meters)
{
    private readonly Counter<long> _scans = meters.Create("Chat").CreateCounter<long>(
        "chat.media.scans", description: "Files that clamd was asked about, by outcome: clean, found, failed.");

    public void Scanned(string outcome) => _scans.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
}
