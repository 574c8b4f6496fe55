using System.Collections.Concurrent;
using System.Text.Json;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.History;

namespace Chat.EndToEnd.Tests.Load;

/// <summary>What the clients of one load share.</summary>
internal sealed class LoadSettings
{
    private int _restartsBegun;
    private int _restartsDone;
    private long _acked;

    // By its text: when a message was first tried.
    private readonly ConcurrentDictionary<string, long> _tried = new(StringComparer.Ordinal);
    private long _latest;

    public Moments Moments { get; } = new();

    public LoadFiles Files { get; } = new();

    /// <summary>How a device connects.</summary>
    public Func<Account, Action<Frame>, CancellationToken, Task<WireClient>> Connect { get; init; } = WireClient.ConnectAsync;

    /// <summary>Whether a device takes a refusal for want of the database as a reason to come again.</summary>
    public bool ReconnectsWhenUnavailable { get; init; }

    /// <summary>The notifications of the load; null if no device is subscribed. Then devices ask whether their acks were handled, too.</summary>
    public LoadNotifications? Notifications { get; set; }

    /// <summary>How often the server was ended, or told to end, so far.</summary>
    public int RestartsBegun => Volatile.Read(ref _restartsBegun);

    /// <summary>How often it was there again.</summary>
    public int RestartsDone => Volatile.Read(ref _restartsDone);

    public long Acked => Volatile.Read(ref _acked);

    public void BeginRestart() => Interlocked.Increment(ref _restartsBegun);

    public void EndRestart() => Interlocked.Increment(ref _restartsDone);

    /// <summary>From a message's first try to a device's having it, the longest of all messages and devices.</summary>
    public TimeSpan LatestDelivery => TimeSpan.FromTicks(Volatile.Read(ref _latest));

    public void Try(string text) => _tried.TryAdd(text, TimeProvider.System.GetTimestamp());

    public void Deliver(string text)
    {
        if (!_tried.TryGetValue(text, out var tried))
            return;
        var took = TimeProvider.System.GetElapsedTime(tried).Ticks;
        for (var latest = Volatile.Read(ref _latest); took > latest;)
            latest = Interlocked.CompareExchange(ref _latest, took, latest);
    }

    public void CountAck() => Interlocked.Increment(ref _acked);

    public static LoggedMessage ReadMessage(JsonElement json) =>
        new(json.Text("messageId"), json.Number("seqNo"), json.Text("senderId"), json.TextOrNull("clientMsgId"), json.Text("text"), ReadFile(json));

    private static string? ReadFile(JsonElement json) => json.TryGetProperty("media", out var media)
        ? string.Join(", ", media.EnumerateArray().Select(file => LoadFiles.Describe(file.Text("mediaId"), file.Number("size"), file.Text("contentType"))))
        : null;
}
