using Chat.BuildingBlocks.Http;

namespace Chat.Host.Http;

/// <summary>HEAD works where GET does (RFC 9110 §9.3.2): it is served as one, and Kestrel, which keeps the method by itself, sends no body.</summary>
internal static class HeadRequests
{
    // A GET there opens a connection, or takes what waits in one and would be lost.
    private static readonly PathString[] LiveTransports = ["/hub", "/ws"];

    public static async Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        var isRead = HttpMethods.IsHead(context.Request.Method) && !LiveTransports.Any(path => context.Request.Path.StartsWithSegments(path));
        if (isRead)
        {
            context.Request.Method = HttpMethods.Get;
            HeadRequest.Mark(context);
        }
        await next(context);
        // For the request's log.
        if (isRead)
            context.Request.Method = HttpMethods.Head;
    }
}
