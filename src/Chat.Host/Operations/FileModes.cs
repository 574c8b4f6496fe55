using System.Runtime.InteropServices;
using Chat.BuildingBlocks.Storage;

namespace Chat.Host.Operations;

/// <summary>The data are the server's user's alone: password hashes are among them.</summary>
internal static class FileModes
{
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Files and folders made from now on are nobody else's, whoever makes them: the stores' own libraries do so too. Nothing on Windows.</summary>
    public static void KeepToOwner()
    {
        if (!OperatingSystem.IsWindows())
            _ = Umask((uint)Others);
    }

    /// <summary>Warns of a data directory that existed already and is open to others. It keeps its mode: a volume's root may be another's.</summary>
    public static void WarnIfOpenToOthers(this WebApplication app)
    {
        if (OperatingSystem.IsWindows() || app.Services.GetService<DataDirectory>() is not { } data)
            return;
        var mode = File.GetUnixFileMode(data.Path);
        if ((mode & Others) != 0)
            app.Logger.DirectoryIsOpenToOthers(data.Path, Convert.ToString((int)mode, 8));
    }

    // POSIX umask(2): the mode's bits as they are here; cannot fail.
    [DllImport("libc", EntryPoint = "umask")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint Umask(uint mask);
}
