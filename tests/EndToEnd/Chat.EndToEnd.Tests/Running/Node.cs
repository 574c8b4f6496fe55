using System.ComponentModel;
using System.Diagnostics;

namespace Chat.EndToEnd.Tests.Running;

/// <summary>Node and its packages, for the tests whose other side is written for it.</summary>
internal static class Node
{
    private static readonly SemaphoreSlim _installing = new(1);

    /// <summary>Skips the test when there is no node.</summary>
    public static async Task NeedAsync()
    {
        if (await TryRunAsync("node", Repository.Root, "--version") is not { ExitCode: 0 })
            Assert.Skip("node is not installed: what runs on it was not run.");
    }

    /// <summary>Installs the packages of a folder's lock file when they are not there.</summary>
    public static async Task InstallAsync(string folder)
    {
        await _installing.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            if (!File.Exists(Path.Combine(folder, "node_modules", ".package-lock.json")))
                await RunAsync("npm", folder, "ci", "--no-audit", "--no-fund");
        }
        finally
        {
            _installing.Release();
        }
    }

    public static async Task RunAsync(string program, string folder, params string[] arguments)
    {
        var run = await TryRunAsync(program, folder, arguments);
        Assert.True(run is { ExitCode: 0 }, $"{program} {string.Join(' ', arguments)} failed: {run?.Output ?? "it is not installed."}");
    }

    private static async Task<(int ExitCode, string Output)?> TryRunAsync(string program, string folder, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var ct = TestContext.Current.CancellationToken;
            var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(ct), process.StandardError.ReadToEndAsync(ct));
            await process.WaitForExitAsync(ct);
            return (process.ExitCode, string.Concat(output));
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
