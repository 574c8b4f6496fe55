namespace Chat.EndToEnd.Tests.Running;

internal static class Repository
{
    /// <summary>The folder of Chat.sln, found upwards from the test program.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Chat.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException($"No Chat.sln above {AppContext.BaseDirectory}.");
    }
}
