using System.Globalization;
using Chat.BuildingBlocks.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Chat.BuildingBlocks.Http;

/// <summary>A refusal as problem details (RFC 9457) with the stable <c>code</c>.</summary>
public static class HttpErrors
{
    public static IResult ToProblem(Error error) => new ProblemAnswer(error, StatusOf(error.Code));

    /// <summary>The same with another status, where HTTP has a closer one.</summary>
    public static IResult ToProblem(Error error, int status) => new ProblemAnswer(error, status);

    public static int StatusOf(string code) => code switch
    {
        ErrorCodes.BadRequest => StatusCodes.Status400BadRequest,
        ErrorCodes.Unauthenticated or ErrorCodes.TokenExpired => StatusCodes.Status401Unauthorized,
        ErrorCodes.Forbidden or ErrorCodes.NotAMember or ErrorCodes.TooLate or ErrorCodes.Quarantined => StatusCodes.Status403Forbidden,
        ErrorCodes.NotFound => StatusCodes.Status404NotFound,
        ErrorCodes.Conflict => StatusCodes.Status409Conflict,
        ErrorCodes.TooLarge or ErrorCodes.QuotaExceeded => StatusCodes.Status413PayloadTooLarge,
        ErrorCodes.RateLimited => StatusCodes.Status429TooManyRequests,
        ErrorCodes.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };

    private sealed class ProblemAnswer(Error error, int status) : IResult
    {
        public Task ExecuteAsync(HttpContext context)
        {
            if (error.RetryAfter is { } after)
                context.Response.Headers.RetryAfter = Math.Ceiling(after.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            var problem = new ProblemDetails { Status = status, Title = error.Text, Extensions = { ["code"] = error.Code } };
            context.Response.StatusCode = status;
            return context.Response.WriteAsJsonAsync(problem, options: null, contentType: "application/problem+json", context.RequestAborted);
        }
    }
}
