using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Delivery.Notifications.WebPush;

namespace Chat.Modules.Delivery.Notifications.Platforms;

/// <summary>A platform with its limit a second and its circuits.</summary>
/// <param name="addressOf">What fails together: the platform's environment, or the origin of an endpoint.</param>
internal sealed class LimitedPlatform(
    IPushPlatform platform, int sendsPerSecond, Circuits circuits, Func<PushSubscription, string> addressOf, PlatformMetrics metrics, TimeProvider clock)
    : IPushPlatform
{
    // Longer than this a notification does not wait here, where it holds a place.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    // A tenth of a second's worth may go at once.
    private readonly KeyedRate<PushKind> _rate = new(Math.Max(1, sendsPerSecond / 10), TimeSpan.FromSeconds(1) / sendsPerSecond, maxKeys: 1, clock);

    public PushKind Kind => platform.Kind;

    public bool IsConfigured => platform.IsConfigured;

    public string? FindFault(PushSubscription subscription) => platform.FindFault(subscription);

    public Task<string?> CheckAsync(CancellationToken ct) => platform.CheckAsync(ct);

    public async Task<PushOutcome> SendAsync(PushSubscription to, PushNotification what, CancellationToken ct)
    {
        var outcome = await circuits.SendAsync(addressOf(to), async () => await WaitAsync(ct) is { } wait
            ? Circuit.NotTried(PushReason.RateLimited, wait)
            : await platform.SendAsync(to, what, ct));
        if (outcome is PushOutcome.Retry { NotTried: true } held)
            metrics.HeldBack(Kind, held.Reason);
        return outcome;
    }

    // Null when it may go; else how long to wait still.
    private async Task<TimeSpan?> WaitAsync(CancellationToken ct)
    {
        var start = clock.GetTimestamp();
        while (_rate.Take(Kind) is { } wait)
        {
            if (clock.GetElapsedTime(start) + wait > LongestWait)
                return wait;
            await Task.Delay(wait, clock, ct);
        }
        return null;
    }

    /// <summary>The origin of a Web Push endpoint.</summary>
    public static string OriginOf(PushSubscription to) => Origin.Of(new Uri(to.Address));
}
