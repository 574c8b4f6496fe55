using System.Text.Json;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Http;
using Microsoft.AspNetCore.Diagnostics;

namespace Chat.Host.Http;

/// <summary>Answers with problem details for what fails outside a handler: malformed bodies, faults, and statuses without a body.</summary>
internal sealed class ProblemAnswers(ILogger<ProblemAnswers> log) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        switch (exception)
        {
            case BadHttpRequestException bad:
                await AnswerAsync(httpContext, bad.StatusCode, Describe(bad));
                return true;
            case OperationCanceledException or IOException when httpContext.RequestAborted.IsCancellationRequested:
                // The client has gone; nginx uses this status for it.
                httpContext.Response.StatusCode = 499;
                return true;
            case StoreUnavailableException:
                log.StoreUnavailable(exception);
                await AnswerAsync(httpContext, Error.Of(exception));
                return true;
            default:
                log.RequestFailed(exception);
                await AnswerAsync(httpContext, Error.Of(exception));
                return true;
        }
    }

    /// <summary>Adds a body to an answer that has only a status: routing's 404, 405 and 415.</summary>
    public static Task AnswerStatusAsync(HttpContext context) => AnswerAsync(context, context.Response.StatusCode, context.Response.StatusCode switch
    {
        StatusCodes.Status401Unauthorized => new Error(ErrorCodes.Unauthenticated, "An access token is needed."),
        StatusCodes.Status403Forbidden => new Error(ErrorCodes.Forbidden, "You are not allowed to do this."),
        StatusCodes.Status404NotFound => NotFound,
        StatusCodes.Status413PayloadTooLarge => new Error(ErrorCodes.TooLarge, "The request is too large."),
        StatusCodes.Status405MethodNotAllowed => Error.BadRequest("This address does not support this method."),
        StatusCodes.Status415UnsupportedMediaType => Error.BadRequest("The body must be application/json."),
        < StatusCodes.Status500InternalServerError => Error.BadRequest("The request is malformed."),
        StatusCodes.Status500InternalServerError => Error.Internal,
        _ => Error.Unavailable,
    });

    public static Error NotFound { get; } = new(ErrorCodes.NotFound, "There is nothing at this address.");

    // The path in the JSON, but neither the client's text nor the framework's message, which names our types.
    private static Error Describe(BadHttpRequestException bad) => bad switch
    {
        { StatusCode: StatusCodes.Status413PayloadTooLarge } => new Error(ErrorCodes.TooLarge, "The request's body is too large."),
        { StatusCode: StatusCodes.Status415UnsupportedMediaType } => Error.BadRequest("The body must be application/json."),
        { InnerException: JsonException { Path: { Length: > 1 } path } } => Error.BadRequest($"The body's {path} is not valid for this call."),
        { InnerException: JsonException } => Error.BadRequest("The body is not valid JSON for this call."),
        _ => Error.BadRequest("The request's body or parameters are not valid for this call."),
    };

    private static Task AnswerAsync(HttpContext context, Error error) => AnswerAsync(context, HttpErrors.StatusOf(error.Code), error);

    private static Task AnswerAsync(HttpContext context, int status, Error error) => HttpErrors.ToProblem(error, status).ExecuteAsync(context);
}
