using Chat.BuildingBlocks.Http;
using Chat.Host.Http;

namespace Chat.Host.Operations;

/// <summary>Keeps the operators' pages and everybody's apart, each on its own port. By the socket's port: a client may claim any Host.</summary>
internal sealed class OperationsPort(int port)
{
    private static readonly PathString[] Paths = ["/health", "/metrics", "/ops"];

    public Task AnswerAsync(HttpContext context, RequestDelegate next) =>
        Paths.Any(path => context.Request.Path.StartsWithSegments(path)) == (context.Connection.LocalPort == port)
            ? next(context)
            : HttpErrors.ToProblem(ProblemAnswers.NotFound).ExecuteAsync(context);
}
