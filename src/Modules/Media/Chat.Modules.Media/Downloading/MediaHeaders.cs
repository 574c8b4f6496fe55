using System.Collections.Frozen;
using Chat.Modules.Media.Catalogue;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Chat.Modules.Media.Downloading;

/// <summary>The headers of a file's bytes: nothing that a user has uploaded runs in the page's origin.</summary>
internal static class MediaHeaders
{
    /// <summary>Whatever the file is, a browser that shows it by itself gives it an origin of its own, without scripts and without anything from elsewhere.</summary>
    private const string ContentPolicy = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox";

    private const string PlainFile = "application/octet-stream";

    /// <summary>What browsers show, and cannot run.</summary>
    private static readonly FrozenSet<string> ShownTypes = new[]
    {
        "image/jpeg", "image/png", "image/gif", "image/webp", "image/avif", "image/heic", "image/heif", "image/bmp",
        "audio/mpeg", "audio/mp4", "audio/aac", "audio/ogg", "audio/opus", "audio/wav", "audio/webm", "audio/flac",
        "video/mp4", "video/webm", "video/ogg", "video/quicktime",
    }.ToFrozenSet(StringComparer.Ordinal);

    public static void Write(HttpResponse response, MediaRow row, EntityTagHeaderValue tag)
    {
        response.ContentType = ContentTypeOf(row);
        var headers = response.Headers;
        headers.ContentDisposition = DispositionOf(row);
        headers.ContentSecurityPolicy = ContentPolicy;
        headers["Cross-Origin-Resource-Policy"] = "same-site";
        headers.AcceptRanges = "bytes";
        WriteCaching(response, tag);
    }

    /// <summary>A browser may keep a file, a proxy may not. It never changes.</summary>
    public static void WriteCaching(HttpResponse response, EntityTagHeaderValue tag)
    {
        response.Headers.CacheControl = "private, max-age=31536000, immutable";
        response.Headers.ETag = tag.ToString();
    }

    public static string ContentTypeOf(MediaRow row) => ShownTypes.Contains(row.ContentType) ? row.ContentType : PlainFile;

    /// <summary>RFC 6266, with a name in both forms where it is not ASCII.</summary>
    public static string DispositionOf(MediaRow row)
    {
        var disposition = new ContentDispositionHeaderValue(ShownTypes.Contains(row.ContentType) ? "inline" : "attachment");
        if (row.Name is { } name)
            disposition.SetHttpFileName(name);
        return disposition.ToString();
    }
}
