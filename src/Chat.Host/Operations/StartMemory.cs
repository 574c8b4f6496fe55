using System.Runtime;
using System.Runtime.InteropServices;

namespace Chat.Host.Operations;

/// <summary>
/// Gives memory back that the start needed and the server does not (27 of 190 MB). Otherwise an idle server keeps it: the collector runs when there is much that is new,
/// and the C library keeps freed pages.
/// </summary>
internal static class StartMemory
{
    // What was compiled at the start is compiled again when it is used much, and the jobs begin.
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(15);

    /// <summary>For a server with a process of its own: the collection stops all its threads for some 30 ms, once.</summary>
    public static void ReleaseAfterStart(WebApplication app) => app.Lifetime.ApplicationStarted.Register(() => _ = ReleaseAsync(app));

    private static async Task ReleaseAsync(WebApplication app)
    {
        var clock = app.Services.GetRequiredService<TimeProvider>();
        await Task.Delay(Settled, clock, app.Lifetime.ApplicationStopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (app.Lifetime.ApplicationStopping.IsCancellationRequested)
            return;
        GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            _ = MallocTrim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // Not the GNU C library: others have no such call.
        }
    }

    // malloc_trim(3).
    [DllImport("libc", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int MallocTrim(nuint keep);
}
