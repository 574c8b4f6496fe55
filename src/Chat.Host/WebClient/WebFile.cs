using System.Security.Cryptography;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Net.Http.Headers;

namespace Chat.Host.WebClient;

/// <summary>A file of the page as it is sent: the file itself, or one of its compressed twins.</summary>
/// <param name="Name">Its path below the page's folder, with <c>/</c>; a twin has that of its file.</param>
/// <param name="Encoding">Null for the file itself.</param>
/// <param name="HasTwins">Whether the name is there in more than one encoding.</param>
/// <param name="Content">In that encoding.</param>
internal sealed record WebFile(string Name, WebFileEncoding? Encoding, bool HasTwins, ReadOnlyMemory<byte> Content)
{
    private static readonly FileExtensionContentTypeProvider Types = new();

    /// <summary>By the bytes, so that twins have different ones (RFC 9110 §8.8.3.3).</summary>
    public EntityTagHeaderValue Tag { get; } = new($"\"{Convert.ToHexStringLower(SHA256.HashData(Content.Span).AsSpan(0, 16))}\"");

    public string ContentType { get; } = Types.TryGetContentType(Name, out var type)
        ? type.StartsWith("text/", StringComparison.Ordinal) ? $"{type}; charset=utf-8" : type
        : "application/octet-stream";

    /// <summary>Whether the build put a hash of the content into the name: what changes gets another name.</summary>
    public bool NeverChanges => Name.StartsWith("assets/", StringComparison.Ordinal);

    /// <summary>Everything below a folder, in memory: what is not in it cannot be asked for. Empty without such a folder.</summary>
    public static IReadOnlyList<WebFile> ReadAll(string directory)
    {
        if (!Directory.Exists(directory))
            return [];
        var paths = Directory.EnumerateFiles(directory, "*", new EnumerationOptions { RecurseSubdirectories = true })
            .Select(path => Path.GetRelativePath(directory, path).Replace(Path.DirectorySeparatorChar, '/'))
            .ToHashSet();
        return [.. paths.Select(Read)];

        WebFile Read(string path)
        {
            var encoding = WebFileEncoding.All.FirstOrDefault(
                encoding => path.EndsWith(encoding.Suffix, StringComparison.Ordinal) && paths.Contains(path[..^encoding.Suffix.Length]));
            var name = path[..^(encoding?.Suffix.Length ?? 0)];
            var hasTwins = WebFileEncoding.All.Any(encoding => paths.Contains(name + encoding.Suffix));
            return new WebFile(name, encoding, hasTwins, File.ReadAllBytes(Path.Combine(directory, path)));
        }
    }
}
