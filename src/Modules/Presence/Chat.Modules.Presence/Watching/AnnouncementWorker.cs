using System.Collections.Concurrent;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Presence.Contracts;
using Chat.Modules.Presence.LastSeen;
using Chat.Modules.Presence.Online;
using MediatR;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Presence.Watching;

/// <summary>
/// Announces one user at a time, so that a user's announcements are in order. A failed announcement is tried again about a second later.
/// </summary>
internal sealed class AnnouncementWorker(
    Announcements announcements, Subscriptions subscriptions, VisibilityChecker visibility, OnlineUsers online, LastSeenTimes lastSeen,
    IMediator mediator, TimeProvider clock, ILogger<AnnouncementWorker> log) : BackgroundService
{
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(1);
    private static readonly Dictionary<UserId, DateTimeOffset> NoTimes = [];

    // At most as many as are subscribed to.
    private readonly ConcurrentDictionary<UserId, bool> _failed = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var timer = clock.CreateTimer(_ => OfferFailed(), null, TryAgainAfter, TryAgainAfter);
        await foreach (var user in announcements.ReadAllAsync(stoppingToken))
        {
            try
            {
                await AnnounceAsync(user, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                log.AnnouncementFailed(user, e);
                _failed[user] = true;
            }
        }
    }

    private void OfferFailed()
    {
        foreach (var user in _failed.Keys)
        {
            _failed.TryRemove(user, out _);
            announcements.Offer(user);
        }
    }

    private async Task AnnounceAsync(UserId user, CancellationToken ct)
    {
        var checkedAt = subscriptions.Removals;
        var (told, toCheck) = subscriptions.Of(user);
        foreach (var subscription in toCheck)
        {
            var found = await visibility.OfAsync(subscription.Subscriber.Device.User, user, ct);
            if (found == Visibility.None)
            {
                subscriptions.Remove(subscription);
                continue;
            }
            subscriptions.Confirm(subscription, found, checkedAt);
            told.Add(subscription.Subscriber);
        }
        if (told.Count == 0)
            return;

        // The state is read last: if it changes after that, the user is queued again.
        var times = online.StateOf(user, NoTimes) is { Online: false } ? await lastSeen.GetAsync([user], ct) : NoTimes;
        await mediator.Publish(new PresenceChanged(online.StateOf(user, times), told), ct);
    }
}
