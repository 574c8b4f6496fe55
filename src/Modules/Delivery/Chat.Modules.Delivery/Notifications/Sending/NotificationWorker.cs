using Chat.Modules.Delivery.Notifications.Due;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Notifications.Sending;

/// <summary>Claims what is due, a queue for each platform, and has it sent: to many devices at once, so that one that is slow holds up no other.</summary>
internal sealed class NotificationWorker(
    IDueStore store, DueItems due, NotificationSender sender, IOptions<PushOptions> options, PushMetrics metrics, TimeProvider clock, ILogger<NotificationWorker> log)
    : BackgroundService
{
    // What others added, and what has waited, is found after this time at the latest.
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan SummariseEvery = TimeSpan.FromSeconds(10);

    private readonly RepeatedLines _lines = new(clock);
    private readonly TimeSpan _lease = TimeSpan.FromMilliseconds(options.Value.LeaseMs);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enum.GetValues<PushKind>().SelectMany(kind => (Task[])[RunAsync(kind, stoppingToken), SummariseAsync(kind, stoppingToken)]));

    private async Task RunAsync(PushKind kind, CancellationToken ct)
    {
        // Those under way, and a slot for each more.
        using var slots = new SemaphoreSlim(options.Value.MaxSending);
        var sending = new HashSet<Task>();
        try
        {
            while (!ct.IsCancellationRequested)
            {
                await slots.WaitAsync(ct);
                slots.Release();
                sending.RemoveWhere(task => task.IsCompleted);
                if (!await TryClaimAsync(kind, slots, sending, ct))
                    await WaitAsync(due.Added(kind), ct);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // What is under way is settled before the stores close.
        }
        await Task.WhenAll(sending);
    }

    /// <returns>Whether more may be due at once.</returns>
    private async Task<bool> TryClaimAsync(PushKind kind, SemaphoreSlim slots, HashSet<Task> sending, CancellationToken ct)
    {
        try
        {
            var until = clock.GetTimestamp() + TicksOf(_lease);
            var free = slots.CurrentCount;
            var claims = await store.ClaimAsync(kind, free, _lease, ct);
            foreach (var claim in claims)
            {
                await slots.WaitAsync(CancellationToken.None);
                sending.Add(SendAsync(claim, until, slots, ct));
            }
            return claims.Count == free;
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            log.NotClaimed(kind, e);
            return false;
        }
    }

    private async Task SendAsync(DueClaim claim, long until, SemaphoreSlim slots, CancellationToken ct)
    {
        await Task.Yield();
        try
        {
            await sender.SendAsync(claim, until, ct);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            if (_lines.Count(e.GetType().Name) is { } times)
                log.NotSent(claim.Device, times, e);
        }
        catch (OperationCanceledException)
        {
            // The server ends: the claim was settled, or its lease ends.
        }
        finally
        {
            slots.Release();
        }
    }

    private async Task WaitAsync(BuildingBlocks.Concurrency.Signal added, CancellationToken ct)
    {
        using var pause = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var timeout = new CancellationTokenSource(LookEvery, clock);
        using var _ = timeout.Token.Register(pause.Cancel);
        try
        {
            await added.WaitAsync(pause.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // Nothing was added here.
        }
    }

    private async Task SummariseAsync(PushKind kind, CancellationToken ct)
    {
        using var timer = new PeriodicTimer(SummariseEvery, clock);
        do
        {
            try
            {
                metrics.Queue(kind, await store.SummariseAsync(kind, ct));
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                log.NotClaimed(kind, e);
            }
        }
        while (await timer.WaitForNextTickAsync(ct));
    }

    private long TicksOf(TimeSpan time) => (long)(time.TotalSeconds * clock.TimestampFrequency);
}
