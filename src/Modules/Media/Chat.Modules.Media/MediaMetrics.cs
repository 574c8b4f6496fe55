using System.Diagnostics.Metrics;

namespace Chat.Modules.Media;

/// <summary>What the module counts.</summary>
internal sealed class MediaMetrics
{
    private readonly UpDownCounter<long> _uploading;
    private readonly Counter<long> _uploads;
    private readonly Counter<long> _received;
    private readonly Counter<long> _sent;

    public MediaMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Chat");
        _uploading = meter.CreateUpDownCounter<long>("chat.media.uploading", description: "Uploads whose bytes are coming.");
        _uploads = meter.CreateCounter<long>("chat.media.uploads", description: "Uploads that have ended, by outcome: stored, or the code of the refusal.");
        _received = meter.CreateCounter<long>("chat.media.received", "By", "Bytes of files received.");
        _sent = meter.CreateCounter<long>("chat.media.sent", "By", "Bytes of files sent.");
    }

    public void Uploading(int more) => _uploading.Add(more);

    /// <param name="outcome"><c>stored</c>, <c>repeated</c>, <c>aborted</c>, or one of the error codes.</param>
    public void UploadEnded(string outcome) => _uploads.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void Received(long bytes) => _received.Add(bytes);

    public void Sent(long bytes) => _sent.Add(bytes);
}
