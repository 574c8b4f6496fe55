using System.Collections.Concurrent;
using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Options;

namespace Chat.Host.Identity.Devices;

/// <summary>
/// The devices revoked of late, in memory: every request asks. Read from the store at the start; one older than any token can be is
/// forgotten.
/// </summary>
internal sealed class Revocations(IDeviceStore store, IOptions<AuthOptions> options, TimeProvider clock) : IHostedService
{
    private readonly ConcurrentDictionary<DeviceAddress, DateTimeOffset> _revoked = new();

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

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var revocation in await store.GetRevocationsAsync(cancellationToken))
            Remember(revocation);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Remember(Revocation revocation) =>
        _revoked.AddOrUpdate(revocation.Device, revocation.At, (_, known) => known > revocation.At ? known : revocation.At);
}
