using System.Collections.Concurrent;
using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Options;

namespace Chat.Host.Identity.Devices;

/// <summary>
/// The devices revoked of late, in memory: every request asks. Read from the store at the start and, where other nodes revoke too, every
/// <see cref="AuthOptions.RevocationRefreshMs"/> (<see cref="RevokedElsewhere"/>); one older than any token can be is forgotten.
/// </summary>
internal sealed class Revocations(IDeviceStore store, IOptions<AuthOptions> options, TimeProvider clock) : IHostedService
{
    /// <summary>How long after its time a revocation may come to be seen: the nodes' clocks differ, and a write takes its time.</summary>
    private static readonly TimeSpan LateBy = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<DeviceAddress, DateTimeOffset> _revoked = new();

    // Written at the start, then by the one who refreshes.
    private DateTimeOffset _readUpTo;

    /// <summary>Whether a token of the device that was issued at this time is void.</summary>
    public bool Cover(DeviceAddress device, DateTimeOffset issuedAt) =>
        !_revoked.IsEmpty && _revoked.TryGetValue(device, out var revokedAt) && issuedAt <= revokedAt;

    /// <summary>Revokes the device from now on; false where the user has no such device.</summary>
    public async Task<bool> AddAsync(DeviceAddress device, CancellationToken ct)
    {
        if (await store.RevokeAsync(device, ct) is not { } at)
            return false;
        Remember(new Revocation(device, at));
        return true;
    }

    /// <summary>Deletes what has expired, here and in the store.</summary>
    /// <returns>How many refresh tokens.</returns>
    public async Task<int> SweepAsync(CancellationToken ct)
    {
        var before = clock.GetUtcNow() - options.Value.MaxTokenLifetime;
        foreach (var old in _revoked.Where(revocation => revocation.Value < before))
            _revoked.TryRemove(old);
        return await store.SweepAsync(before, ct);
    }

    /// <summary>Takes in what other nodes have revoked since the last time.</summary>
    /// <returns>The devices whose revocation is news here.</returns>
    public async Task<IReadOnlyList<DeviceAddress>> RefreshAsync(CancellationToken ct)
    {
        var begun = clock.GetUtcNow();
        var found = await store.GetRevocationsAsync(_readUpTo - LateBy, ct);
        _readUpTo = begun;
        return [.. found.Where(Remember).Select(revocation => revocation.Device)];
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _readUpTo = clock.GetUtcNow();
        foreach (var revocation in await store.GetRevocationsAsync(DateTimeOffset.MinValue, cancellationToken))
            Remember(revocation);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Whether it is news.</summary>
    private bool Remember(Revocation revocation)
    {
        var isNews = !_revoked.TryGetValue(revocation.Device, out var before) || before < revocation.At;
        _revoked.AddOrUpdate(revocation.Device, revocation.At, (_, known) => known > revocation.At ? known : revocation.At);
        return isNews;
    }
}
