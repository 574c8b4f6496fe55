using System.Reflection;
using System.Text;

namespace Chat.BuildingBlocks.Storage.Tests;

/// <summary>An assembly that embeds these migrations below a folder.</summary>
internal sealed class EmbeddedFiles(string folder, params (string Name, string Text)[] files) : Assembly
{
    public override string[] GetManifestResourceNames() => [.. files.Select(file => $"Some.Module.{folder}.{file.Name}").Reverse()];

    public override Stream? GetManifestResourceStream(string name) =>
        new MemoryStream(Encoding.UTF8.GetBytes(files.Single(file => name.EndsWith(file.Name, StringComparison.Ordinal)).Text));
}
