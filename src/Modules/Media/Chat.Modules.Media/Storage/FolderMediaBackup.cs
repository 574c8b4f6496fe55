using System.Runtime.InteropServices;
using Chat.BuildingBlocks.Storage;

namespace Chat.Modules.Media.Storage;

/// <summary>
/// Copies the folder's bytes into <c>media/</c> of a backup. Finished files never change, so a copy is a hard link: to the file itself if the backups are on its disk,
/// else to that of the backup before; only what neither has is copied.
/// </summary>
/// <param name="root">The folder of the media.</param>
internal sealed partial class FolderMediaBackup(string root) : IBackedUp
{
    private const string Name = "media";

    // After the database, which so finds what it refers to, but for files that no message has and that were removed in between.
    public void BackUpTo(string folder)
    {
        var target = Path.Combine(folder, Name);
        var before = Directory.GetDirectories(Path.GetDirectoryName(Path.GetFullPath(folder))!, "chat-*Z").Order(StringComparer.Ordinal).LastOrDefault();
        CopyAll(FolderMediaStore.Staging, target, (from, to) => File.Copy(from, to));
        CopyAll(
            BlobPath.Root, target,
            (from, to) =>
            {
                if (!TryLink(from, to) && (before is null || !TryLink(Path.Combine(before, Name, Path.GetRelativePath(root, from)), to)))
                    File.Copy(from, to);
            });
    }

    private void CopyAll(string part, string target, Action<string, string> copy)
    {
        Directory.CreateDirectory(Path.Combine(target, part));
        foreach (var from in Directory.EnumerateFiles(Path.Combine(root, part), "*", SearchOption.AllDirectories))
        {
            var to = Path.Combine(target, Path.GetRelativePath(root, from));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            try
            {
                copy(from, to);
            }
            catch (FileNotFoundException)
            {
                // Removed meanwhile.
            }
        }
    }

    // False wherever there is another way: no such file, another disk, a file system without links, too many links.
    private static bool TryLink(string from, string to) => !OperatingSystem.IsWindows() && Link(from, to) == 0;

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Link(string from, string to);
}
