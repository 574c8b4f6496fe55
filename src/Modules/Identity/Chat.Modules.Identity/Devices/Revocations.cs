using System.Collections.Concurrent;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Nodes;
using Chat.Modules.Identity.Store;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Identity.Devices;

/// <summary>
/// The recently revoked devices, in memory, since every request asks. Read from the store at the start; <see cref="RevocationPoller"/> adds those of other
/// nodes. A revocation older than any token is removed.
/// </summary>
internal sealed class Revocations(IDeviceStore store, IBus bus, IOptions<AuthOptions> options, TimeProvider clock) : IHostedService
{
    /// <summary>Of the bus: another node has revoked something. Without a payload, as the store has it.</summary>
    public const string BusTopic = "identity.revoked";

    /// <summary>A revocation further in the future was made by a wrong clock.</summary>
    private static readonly TimeSpan MaxAhead = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<DeviceAddress, Known> _revoked = new();

    // Written at the start, then by RefreshAsync only.
    private RevocationPosition? _readUpTo;

    /// <summary>Whether the device's tokens issued at this time are void.</summary>
    public bool IsVoid(DeviceAddress device, DateTimeOffset issuedAt)
    {
        if (_revoked.IsEmpty || !_revoked.TryGetValue(device, out var known))
            return false;
        // This server's tokens carry the store's times, which are in order. An outside issuer's carry its own clock's: if our clock was ahead at the
        // revocation, new tokens would be void until that time. So tokens issued until now are void, and later ones are valid.
        if (!options.Value.KeepsAccounts && clock.GetUtcNow() is var now && known.VoidUpTo > now + MaxAhead)
        {
            var mended = known with { VoidUpTo = now };
            _revoked.TryUpdate(device, mended, known);
            known = mended;
        }
        return issuedAt <= known.VoidUpTo;
    }

    /// <summary>
    /// Revokes the device. False if the user has no such device, or this node knew of its revocation. Call again if the store did not answer: a revocation
    /// that was made all the same is then known here.
    /// </summary>
    public async Task<bool> AddAsync(DeviceAddress device, CancellationToken ct)
    {
        if (await store.RevokeAsync(device, ct) is not { } at)
            return false;
        bus.Broadcast(BusTopic, default);
        return Remember(new Revocation(device, at));
    }

    /// <summary>Deletes what has expired, in memory and in the store.</summary>
    /// <returns>The number of refresh tokens deleted.</returns>
    public async Task<int> SweepAsync(CancellationToken ct)
    {
        var before = clock.GetUtcNow() - options.Value.MaxTokenLifetime;
        foreach (var old in _revoked.Where(revocation => revocation.Value.At < before))
            _revoked.TryRemove(old);
        return await store.SweepAsync(before, ct);
    }

    /// <summary>Reads what other nodes have revoked since the last call.</summary>
    /// <returns>The devices whose revocation was not known here.</returns>
    public async Task<IReadOnlyList<DeviceAddress>> RefreshAsync(CancellationToken ct)
    {
        var page = await store.GetRevocationsAsync(_readUpTo, ct);
        _readUpTo = page.End;
        return [.. page.Revocations.Where(Remember).Select(revocation => revocation.Device)];
    }

    public Task StartAsync(CancellationToken cancellationToken) => _readUpTo is null ? RefreshAsync(cancellationToken) : Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Whether it was not known.</summary>
    private bool Remember(Revocation revocation)
    {
        var isNews = !_revoked.TryGetValue(revocation.Device, out var before) || before.At < revocation.At;
        var news = new Known(revocation.At, revocation.At);
        _revoked.AddOrUpdate(revocation.Device, news, (_, known) => known.At >= revocation.At ? known : news);
        return isNews;
    }

    /// <param name="At">The time of the revocation.</param>
    /// <param name="VoidUpTo">The same, unless a wrong clock made it.</param>
    private readonly record struct Known(DateTimeOffset At, DateTimeOffset VoidUpTo);
}
