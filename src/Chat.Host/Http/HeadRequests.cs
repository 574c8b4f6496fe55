using Chat.BuildingBlocks.Http;

namespace Chat.Host.Http;

/// <summary>HEAD works where GET does (RFC 9110 §9.3.2): it is served as one, and Kestrel, which keeps the method by itself, sends no body.</summary>
internal static class HeadRequests
{
    // A GET there opens a connection, or takes what waits in one and would be lost.
    private static readonly PathString[] LiveTransports = ["/hub", "/ws"];

    public static Task AnswerAsync(HttpContext context, RequestDelegate next) =>
        HttpMethods.IsHead(context.Request.Method) && !LiveTransports.Any(path => context.Request.Path.StartsWithSegments(path))
            ? AnswerAsGetAsync(context, next)
            : next(context);

    private static async Task AnswerAsGetAsync(HttpContext context, RequestDelegate next)
    {
        context.Request.Method = HttpMethods.Get;
        HeadRequest.Mark(context);
        await next(context);
        // For the request's log.
        context.Request.Method = HttpMethods.Head;
    }
}
