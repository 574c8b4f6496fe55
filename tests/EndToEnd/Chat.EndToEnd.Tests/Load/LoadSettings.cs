using System.Collections.Concurrent;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.History;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Load;

/// <summary>What the clients of one load share.</summary>
internal sealed class LoadSettings
{
    private const int SendsPerChange = 10;

    private int _restartsBegun;
    private int _restartsDone;
    private long _acked;
    private long _changesAcked;

    // By its text: when a message was first tried.
    private readonly ConcurrentDictionary<string, long> _tried = new(StringComparer.Ordinal);
    private long _latest;

    /// <summary>At which a change may be tried through REST.</summary>
    public required IReadOnlyList<ServerProcess> Servers { get; init; }

    public Moments Moments { get; } = new();

    public LoadFiles Files { get; } = new();

    /// <summary>The conversations whose timers are set and ended while the load runs.</summary>
    public HashSet<string> Timed { get; } = new(StringComparer.Ordinal);

    public LoadMentions Mentions { get; } = new();

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

    /// <summary>Answers to changes, retries among them.</summary>
    public long ChangesAcked => Volatile.Read(ref _changesAcked);

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

    public void CountChange() => Interlocked.Increment(ref _changesAcked);

    /// <summary>Whether the next of a device is a change instead of a message.</summary>
    public static bool IsChange() => Random.Shared.Next(SendsPerChange) == 0;
}
