using System.Collections.Concurrent;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Identity.Store;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Identity.Devices;

/// <summary>
/// The devices revoked of late, in memory: every request asks. Read from the store at the start and, where other nodes revoke too, every
/// <see cref="AuthOptions.RevocationRefreshMs"/> (<see cref="RevocationPoller"/>); one older than any token can be is forgotten.
/// </summary>
internal sealed class Revocations(IDeviceStore store, IOptions<AuthOptions> options, TimeProvider clock) : IHostedService
{
    /// <summary>A revocation that is further ahead was made by a wrong clock.</summary>
    private static readonly TimeSpan MaxAhead = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<DeviceAddress, Known> _revoked = new();

    // Written at the start, then by the one who refreshes.
    private RevocationPosition? _readUpTo;

    /// <summary>Whether a token of the device that was issued at this time is void.</summary>
    public bool IsVoid(DeviceAddress device, DateTimeOffset issuedAt)
    {
        if (_revoked.IsEmpty || !_revoked.TryGetValue(device, out var known))
            return false;
        // The server's own tokens carry the store's times, which are in order. An outside issuer's carry its clock's: where ours was ahead at the
        // revocation, they would be void until it has come round to that time. What was issued up to now is void, and what comes is good.
        if (!options.Value.KeepsAccounts && clock.GetUtcNow() is var now && known.VoidUpTo > now + MaxAhead)
        {
            var mended = known with { VoidUpTo = now };
            _revoked.TryUpdate(device, mended, known);
            known = mended;
        }
        return issuedAt <= known.VoidUpTo;
    }

    /// <summary>
    /// Revokes the device from now on; false where the user has no such device, or its revocation is known here already. Asked again after the
    /// store failed to answer, it takes in the revocation that was made all the same.
    /// </summary>
    public async Task<bool> AddAsync(DeviceAddress device, CancellationToken ct) =>
        await store.RevokeAsync(device, ct) is { } at && Remember(new Revocation(device, at));

    /// <summary>Deletes what has expired, here and in the store.</summary>
    /// <returns>How many refresh tokens.</returns>
    public async Task<int> SweepAsync(CancellationToken ct)
    {
        var before = clock.GetUtcNow() - options.Value.MaxTokenLifetime;
        foreach (var old in _revoked.Where(revocation => revocation.Value.At < before))
            _revoked.TryRemove(old);
        return await store.SweepAsync(before, ct);
    }

    /// <summary>Takes in what other nodes have revoked since the last time.</summary>
    /// <returns>The devices whose revocation is news here.</returns>
    public async Task<IReadOnlyList<DeviceAddress>> RefreshAsync(CancellationToken ct)
    {
        var page = await store.GetRevocationsAsync(_readUpTo, ct);
        _readUpTo = page.End;
        return [.. page.Revocations.Where(Remember).Select(revocation => revocation.Device)];
    }

    public Task StartAsync(CancellationToken cancellationToken) => RefreshAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Whether it is news.</summary>
    private bool Remember(Revocation revocation)
    {
        var isNews = !_revoked.TryGetValue(revocation.Device, out var before) || before.At < revocation.At;
        var news = new Known(revocation.At, revocation.At);
        _revoked.AddOrUpdate(revocation.Device, news, (_, known) => known.At >= revocation.At ? known : news);
        return isNews;
    }

    /// <param name="At">The time of the revocation.</param>
    /// <param name="VoidUpTo">The same, but where that was a wrong clock's.</param>
    private readonly record struct Known(DateTimeOffset At, DateTimeOffset VoidUpTo);
}
