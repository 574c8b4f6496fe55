namespace Chat.Host.Tests.WebClient;

/// <summary>A built page that is made up: each file holds words, so that a test sees which one it was given.</summary>
internal sealed class WebClientFolder : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("chat-page-");

    public WebClientFolder(params (string Name, string Content)[] files)
    {
        Directory.CreateDirectory(Path);
        foreach (var (name, content) in files)
            Write(name, content);
    }

    /// <summary>For <c>Page:Directory</c>. There is a folder around it, for what must not be served.</summary>
    public string Path => System.IO.Path.Combine(_root.FullName, "page");

    public static WebClientFolder Built() => new(
        ("index.html", "the start"),
        ("manifest.webmanifest", "{}"),
        ("icon.svg", "<svg/>"),
        ("sw.js", "the worker"),
        ("assets/index-B78mKYK0.js", "the script"),
        ("assets/index-B78mKYK0.js.br", "the script by brotli"),
        ("assets/index-B78mKYK0.js.gz", "the script by gzip"),
        ("assets/index-Cd7VWOhO.css", "the style"),
        ("../secret.txt", "the secret"));

    public void Write(string name, string content)
    {
        var path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }

    public void Dispose() => _root.Delete(recursive: true);
}
