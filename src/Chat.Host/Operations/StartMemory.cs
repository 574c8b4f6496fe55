using System.Runtime;
using System.Runtime.InteropServices;

namespace Chat.Host.Operations;

/// <summary>
/// Gives memory back that the start needed and the server does not (27 of 190 MB). Otherwise an idle server keeps it: the collector runs when there is much that is new,
/// and the C library keeps freed pages.
/// </summary>
internal static class StartMemory
{
    /// <summary>For a server with a process of its own: the collection stops all its threads for some 30 ms, after the start has ended.</summary>
    public static void ReleaseWhenStarted(IHostApplicationLifetime lifetime) => lifetime.ApplicationStarted.Register(static () => Task.Run(Release));

    private static void Release()
    {
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
