using Chat.BuildingBlocks.Modules;
using Chat.Host.Http;
using Microsoft.Extensions.Options;

namespace Chat.Host.WebClient;

/// <summary>
/// Serves the web client: an endpoint for each file and encoding, so that routing chooses the encoding. The client's own addresses are behind <c>#</c>, so no
/// other path leads to it.
/// </summary>
internal static class WebClientEndpoints
{
    private const string Start = "index.html";

    /// <summary>
    /// <c>'self'</c> includes WebSockets; <c>blob:</c> are bytes that the page has read with its token, or that its user has chosen. Text never becomes markup or code; only by the page's own rule named <c>chat</c> may it become the
    /// address of a script, which is how a service worker is named.
    /// </summary>
    private static readonly ContentPolicy Policy = new(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; font-src 'self'; connect-src 'self'; "
        + "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        + "require-trusted-types-for 'script'; trusted-types chat");

    private const string Permissions = "camera=(), display-capture=(), geolocation=(), microphone=(self), payment=(), usb=()";

    private const string NoWebClient = """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <title>Chat</title>
        <h1>This server has no web page</h1>
        <p>It works all the same by WebSocket, SignalR and <a href="docs">REST</a>.</p>
        <p>For the page, build the server again where Node.js 20.19 or newer is installed.</p>
        </html>

        """;

    public static IServiceCollection AddWebClient(this IServiceCollection services) => services
        .AddModuleOptions<WebClientOptions>("Page")
        .AddSingleton<ReadyLine>();

    public static void MapWebClient(this WebApplication app)
    {
        var directory = Path.GetFullPath(app.Services.GetRequiredService<IOptions<WebClientOptions>>().Value.Directory);
        var files = WebFile.ReadAll(directory);
        foreach (var file in files)
            app.MapFile("/" + file.Name, file);
        var start = files.Where(file => file.Name == Start).ToList();
        foreach (var file in start)
            app.MapFile("/", file);
        if (start.Count == 0)
            app.MapGet("/", AnswerWithoutWebClient).AllowAnonymous().ExcludeFromDescription();

        var ready = app.Services.GetRequiredService<ReadyLine>();
        app.Lifetime.ApplicationStarted.Register(() => ready.Log(app.Urls, missingFrom: start.Count == 0 ? directory : null));
    }

    private static void MapFile(this WebApplication app, string path, WebFile file)
    {
        // In a pattern, braces are parameters.
        var pattern = path.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal);
        var endpoint = app.MapGet(pattern, context => AnswerAsync(context, file))
            .AllowAnonymous().ExcludeFromDescription().WithMetadata(Policy);
        if (file.Encoding is { } encoding)
            endpoint.WithMetadata(new ContentEncodingMetadata(encoding.Name, encoding.Preference));
    }

    private static Task AnswerAsync(HttpContext context, WebFile file)
    {
        // Under a path base, the client's relative addresses need the slash at the end.
        if (!context.Request.Path.HasValue)
            return TypedResults.LocalRedirect($"{context.Request.PathBase}/{context.Request.QueryString}").ExecuteAsync(context);

        var headers = context.Response.Headers;
        headers.CacheControl = file.NeverChanges ? "public, max-age=31536000, immutable" : "no-cache";
        headers["Permissions-Policy"] = Permissions;
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (file.HasTwins)
            headers.Vary = "Accept-Encoding";
        if (file.Encoding is { } encoding)
            headers.ContentEncoding = encoding.Name;
        // Handles If-None-Match and answers 304.
        return TypedResults.Bytes(file.Content, file.ContentType, entityTag: file.Tag).ExecuteAsync(context);
    }

    private static Task AnswerWithoutWebClient(HttpContext context) =>
        TypedResults.Text(NoWebClient, "text/html; charset=utf-8", statusCode: StatusCodes.Status404NotFound).ExecuteAsync(context);
}
