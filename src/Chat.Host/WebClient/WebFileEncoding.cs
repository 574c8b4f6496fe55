namespace Chat.Host.WebClient;

/// <summary>A way in which the page's build compresses: each file into a twin beside it.</summary>
/// <param name="Name">In Accept-Encoding.</param>
/// <param name="Suffix">What a twin's name has behind that of its file.</param>
/// <param name="Preference">The higher is sent to a client that likes both the same. Above 0, at most 1.</param>
internal sealed record WebFileEncoding(string Name, string Suffix, double Preference)
{
    public static IReadOnlyList<WebFileEncoding> All { get; } = [new("br", ".br", 1), new("gzip", ".gz", 0.9)];
}
