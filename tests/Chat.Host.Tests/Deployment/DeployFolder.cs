using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Chat.Host.Tests.Deployment;

/// <summary>The files in deploy/, and what they are compared with.</summary>
internal static partial class DeployFolder
{
    public static string Root { get; } = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Here())!, "../../.."));

    public static string Read(params string[] path) => File.ReadAllText(PathOf(path));

    public static string PathOf(params string[] path) => Path.Combine([Root, .. path]);

    /// <summary>The documents of a YAML text, with what they merge (<c>&lt;&lt;</c>).</summary>
    public static IReadOnlyList<YamlNode> ReadYaml(string text)
    {
        var stream = new YamlStream();
        stream.Load(new MergingParser(new Parser(new StringReader(text))));
        return [.. stream.Documents.Select(document => document.RootNode)];
    }

    /// <summary>A node below another: names of mappings, numbers of sequences.</summary>
    public static YamlNode At(this YamlNode node, params object[] path) => path.Aggregate(node, (at, step) => step is int index ? at[index] : at[(string)step]);

    public static string Text(this YamlNode node, params object[] path) => ((YamlScalarNode)node.At(path)).Value!;

    /// <summary>The settings among names of environment variables that docs/configuration.md does not have.</summary>
    public static IEnumerable<string> UnknownSettingsIn(IEnumerable<string> variables)
    {
        var document = Read("docs", "configuration.md");
        return
            from variable in variables
            where variable.Contains("__", StringComparison.Ordinal)
            let setting = Index().Replace(variable, "").Replace("__", ":", StringComparison.Ordinal)
            where !document.Contains($"`{setting}`", StringComparison.Ordinal)
            select variable;
    }

    [GeneratedRegex(@"__\d+$")]
    private static partial Regex Index();

    private static string Here([CallerFilePath] string path = "") => path;
}
