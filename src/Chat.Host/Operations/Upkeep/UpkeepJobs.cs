using System.Globalization;
using Chat.BuildingBlocks.Storage;
using Chat.Host.Identity.Devices;
using Microsoft.Extensions.Options;

namespace Chat.Host.Operations.Upkeep;

/// <summary>What may be late: the recurring jobs. Each may be run again at any time.</summary>
internal sealed class UpkeepJobs(
    Revocations revocations, IEnumerable<IBackedUp> stores, IOptions<BackupOptions> backup, TimeProvider clock, ILogger<UpkeepJobs> log)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const string Unfinished = ".unfinished";

    /// <summary>Deletes expired refresh tokens, and revocations that no token is left of.</summary>
    public async Task SweepTokensAsync(CancellationToken ct)
    {
        var tokens = await revocations.SweepAsync(ct);
        log.Swept(tokens);
    }

    /// <summary>Copies all stores into a new folder, which has its name only when it is whole, and deletes the oldest copies.</summary>
    public void BackUp()
    {
        var root = Path.GetFullPath(backup.Value.Directory ?? throw new InvalidOperationException("Backup:Directory is not set."));
        MakeDirectory(root);
        foreach (var leftover in Directory.GetDirectories(root, "chat-*" + Unfinished))
            Directory.Delete(leftover, recursive: true);

        var folder = Path.Combine(root, clock.GetUtcNow().ToString("'chat-'yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture));
        if (Directory.Exists(folder))
            return;
        MakeDirectory(folder + Unfinished);
        foreach (var store in stores)
            store.BackUpTo(folder + Unfinished);
        Directory.Move(folder + Unfinished, folder);
        log.BackedUp(folder);

        // The names sort by time.
        foreach (var old in Directory.GetDirectories(root, "chat-*Z").OrderDescending(StringComparer.Ordinal).Skip(backup.Value.Keep))
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

internal static partial class UpkeepLogs
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "Swept {Tokens} expired refresh tokens")]
    public static partial void Swept(this ILogger log, int tokens);

    [LoggerMessage(Level = LogLevel.Information, Message = "Backed the stores up to {Folder}")]
    public static partial void BackedUp(this ILogger log, string folder);
}
