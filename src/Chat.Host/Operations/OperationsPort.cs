using Chat.BuildingBlocks.Http;
using Chat.Host.Http;

namespace Chat.Host.Operations;

/// <summary>Serves the operators' pages only on their port, and all others only on the other ports. Uses the socket's port, since a client may send any Host header.</summary>
internal sealed class OperationsPort(int port)
{
    private static readonly PathString[] Paths = ["/health", "/metrics", "/ops"];

    public Task AnswerAsync(HttpContext context, RequestDelegate next) =>
        Paths.Any(path => context.Request.Path.StartsWithSegments(path)) == (context.Connection.LocalPort == port)
            ? next(context)
            : HttpErrors.ToProblem(ProblemAnswers.NotFound).ExecuteAsync(context);
}
