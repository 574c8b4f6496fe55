namespace Chat.EndToEnd.Tests.Running;

/// <summary>Programs of the system.</summary>
internal static class SystemPrograms
{
    // Debian's place for servers is not on every user's path.
    private static readonly string[] _more = ["/usr/sbin", "/usr/local/sbin"];

    /// <returns>The program's path; null where it is not installed.</returns>
    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Concat(_more)
            .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
}
