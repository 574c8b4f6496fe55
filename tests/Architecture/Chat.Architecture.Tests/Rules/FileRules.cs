namespace Chat.Architecture.Tests.Rules;

/// <summary>What source files are like.</summary>
internal static class FileRules
{
    private const int MaxLines = 400;
    private static readonly string[] NotWritten = ["bin", "obj", "node_modules"];

    /// <summary>A file nearing 400 lines holds two ideas.</summary>
    public static Verdict FilesAreShort(params IReadOnlyList<string> folders) => Verdict.On(
        folders.Where(Directory.Exists).SelectMany(SourcesIn), file => File.ReadLines(file).Count() <= MaxLines, file => Path.GetFileName(file));

    private static IEnumerable<string> SourcesIn(string folder) =>
        Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(folder, file).Split(Path.DirectorySeparatorChar).Intersect(NotWritten).Any());
}
