using System.Runtime.InteropServices;
using Chat.BuildingBlocks.Storage;

namespace Chat.Host.Operations;

/// <summary>Keeps the data readable by the server's user only: it contains password hashes.</summary>
internal static class FileModes
{
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Makes all files and folders that this process creates private to its user, including those of the stores' libraries. Does nothing on Windows.</summary>
    public static void KeepToOwner()
    {
        if (!OperatingSystem.IsWindows())
            _ = Umask((uint)Others);
    }

    /// <summary>Warns if an existing data directory is open to other users. Its mode is not changed: the root of a volume may belong to another user.</summary>
    public static void WarnIfOpenToOthers(this WebApplication app)
    {
        if (OperatingSystem.IsWindows() || app.Services.GetService<DataDirectory>() is not { } data)
            return;
        var mode = File.GetUnixFileMode(data.Path);
        if ((mode & Others) != 0)
            app.Logger.DirectoryIsOpenToOthers(data.Path, Convert.ToString((int)mode, 8));
    }

    // POSIX umask(2); cannot fail.
    [DllImport("libc", EntryPoint = "umask")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint Umask(uint mask);
}
