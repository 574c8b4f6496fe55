using System.ComponentModel;
using System.Diagnostics;

namespace Chat.Testing;

/// <summary>A disk (tmpfs) that the test can fill. Mounting one takes root: without it <see cref="TryMount"/> says so, and the test skips with <see cref="Missing"/>.</summary>
public sealed class SmallDisk : IDisposable
{
    public const string Missing = "a small disk cannot be mounted: not root";

    public string Path { get; } = Directory.CreateTempSubdirectory("chat-disk-").FullName;

    private string Filler => System.IO.Path.Combine(Path, "filler");

    public bool TryMount(int megabytes) => Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", Path);

    /// <summary>To within a page.</summary>
    public void Fill()
    {
        using var filler = new FileStream(Filler, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[64 * 1024];
        try
        {
            while (true)
                filler.Write(block);
        }
        catch (IOException)
        {
            // Full.
        }
    }

    /// <summary>The room that <see cref="Fill"/> took.</summary>
    public void MakeRoom() => File.Delete(Filler);

    public void Dispose()
    {
        Run("umount", "--lazy", Path);
        Directory.Delete(Path, recursive: true);
    }

    private static bool Run(string command, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
