using System.Security.Cryptography;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Net.Http.Headers;

namespace Chat.Host.WebClient;

/// <summary>A file of the web client: the file itself, or one of its compressed variants.</summary>
/// <param name="Name">Its path in the client's folder, with <c>/</c>; a variant has the path of its file.</param>
/// <param name="Encoding">Null for the file itself.</param>
/// <param name="HasTwins">Whether there are other encodings of it.</param>
/// <param name="Content">In that encoding.</param>
internal sealed record WebFile(string Name, WebFileEncoding? Encoding, bool HasTwins, ReadOnlyMemory<byte> Content)
{
    private static readonly FileExtensionContentTypeProvider Types = new();

    /// <summary>A hash of the bytes, so that variants differ (RFC 9110 §8.8.3.3).</summary>
    public EntityTagHeaderValue Tag { get; } = new($"\"{Convert.ToHexStringLower(SHA256.HashData(Content.Span).AsSpan(0, 16))}\"");

    public string ContentType { get; } = Types.TryGetContentType(Name, out var type)
        ? type.StartsWith("text/", StringComparison.Ordinal) ? $"{type}; charset=utf-8" : type
        : "application/octet-stream";

    /// <summary>Whether the name contains a hash of the content: a changed file has another name.</summary>
    public bool NeverChanges => Name.StartsWith("assets/", StringComparison.Ordinal);

    /// <summary>Reads all files of a folder into memory. Empty if there is no such folder.</summary>
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
