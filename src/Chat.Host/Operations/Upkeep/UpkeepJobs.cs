using System.Globalization;
using Chat.BuildingBlocks.Storage;
using Chat.Modules.Identity.Contracts;
using Chat.Modules.Media.Contracts;
using Chat.Modules.Messaging.Contracts;
using MediatR;
using Microsoft.Extensions.Options;

namespace Chat.Host.Operations.Upkeep;

/// <summary>The recurring jobs. Each may run again at any time, and twice at once.</summary>
internal sealed class UpkeepJobs(
    IMediator mediator, IEnumerable<IBackedUp> stores, IEnumerable<IStoreUpkeep> upkept, IOptions<BackupOptions> backup, ClockWatch clocks,
    TimeProvider clock, ILogger<UpkeepJobs> log)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const string Unfinished = ".unfinished";

    /// <summary>The time that an operator has to correct a wrong clock.</summary>
    private static readonly TimeSpan SteadyFor = TimeSpan.FromMinutes(59);

    /// <summary>
    /// Deletes expired refresh tokens, and revocations whose tokens have all expired. Does nothing soon after the clock jumped: by a clock that is a month ahead
    /// all are expired.
    /// </summary>
    public async Task SweepTokensAsync(CancellationToken ct)
    {
        if (clocks.HasJumpedWithin(SteadyFor))
            return;
        var tokens = await mediator.Send(new SweepTokens(), ct);
        log.TokensSwept(tokens.Value);
    }

    /// <summary>Removes files that no message has. Does nothing soon after the clock jumped, as <see cref="SweepTokensAsync"/>.</summary>
    public async Task CollectMediaAsync(CancellationToken ct)
    {
        if (clocks.HasJumpedWithin(SteadyFor))
            return;
        await mediator.Send(new CollectMedia(), ct);
    }

    /// <summary>Erases what has expired. Does nothing soon after the clock jumped, as <see cref="SweepTokensAsync"/>.</summary>
    public async Task SweepExpiredAsync(CancellationToken ct)
    {
        if (clocks.HasJumpedWithin(SteadyFor))
            return;
        await mediator.Send(new SweepExpired(), ct);
    }

    public async Task OptimiseStoresAsync()
    {
        foreach (var store in upkept)
            await store.OptimiseAsync();
    }

    /// <summary>Copies all stores into a new folder, which gets its final name when it is complete, and deletes the oldest copies.</summary>
    public void BackUp()
    {
        var root = Path.GetFullPath(backup.Value.Directory ?? throw new InvalidOperationException("Backup:Directory is not set."));
        MakeDirectory(root);
        foreach (var leftover in Directory.GetDirectories(root, "chat-*" + Unfinished))
            Directory.Delete(leftover, recursive: true);

        var name = clock.GetUtcNow().ToString("'chat-'yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var folder = Path.Combine(root, name);
        if (Directory.Exists(folder))
            return;
        MakeDirectory(folder + Unfinished);
        foreach (var store in stores)
            store.BackUpTo(folder + Unfinished);
        Directory.Move(folder + Unfinished, folder);
        log.BackedUp(folder);

        // The names sort by time. Copies of a later time were made while the clock was ahead: they are deleted first.
        var copies = Directory.GetDirectories(root, "chat-*Z")
            .OrderBy(copy => string.CompareOrdinal(Path.GetFileName(copy), name) > 0).ThenByDescending(copy => copy, StringComparer.Ordinal);
        foreach (var old in copies.Skip(backup.Value.Keep))
            Directory.Delete(old, recursive: true);
    }

    private static void MakeDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, OwnerOnly);
    }
}
