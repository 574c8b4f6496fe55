namespace Chat.Host.WebClient;

/// <summary>A compression of the web client's build: each file has a compressed variant beside it.</summary>
/// <param name="Name">In Accept-Encoding.</param>
/// <param name="Suffix">The suffix of a variant's name.</param>
/// <param name="Preference">The higher one is sent to a client that accepts both. Above 0, at most 1.</param>
internal sealed record WebFileEncoding(string Name, string Suffix, double Preference)
{
    public static IReadOnlyList<WebFileEncoding> All { get; } = [new("br", ".br", 1), new("gzip", ".gz", 0.9)];
}
