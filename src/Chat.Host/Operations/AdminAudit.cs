using System.Buffers;
using System.Security.Claims;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Http;
using Microsoft.AspNetCore.Authorization;

namespace Chat.Host.Operations;

/// <summary>
/// A log line for each call under <c>/v1/admin</c>: who, what, on which target, and how it was answered. Ids alone, never what users wrote. Of users who are not admins, some a minute are written, so
/// that they cannot fill the log; a request without a user is in the log of requests alone.
/// </summary>
internal sealed class AdminAudit(TimeProvider clock, ILogger<AdminAudit> log)
{
    /// <summary>Lines a minute about users who are not admins.</summary>
    public const int RefusedAMinute = 20;

    private const int LongestId = 160;
    private static readonly PathString Path = "/v1/admin";
    private static readonly SearchValues<char> OfIds = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-:@");

    private readonly Lock _gate = new();

    // Under _gate: the minute, and how many lines about refused calls it has, and would have.
    private long _minute;
    private int _written;
    private long _leftOut;

    public Task LogAsync(HttpContext context, RequestDelegate next) =>
        context.Request.Path.StartsWithSegments(Path, StringComparison.OrdinalIgnoreCase) && context.GetEndpoint() is RouteEndpoint endpoint && IsForAdmins(endpoint)
            ? LogAsync(context, endpoint, next)
            : next(context);

    private async Task LogAsync(HttpContext context, RouteEndpoint endpoint, RequestDelegate next)
    {
        var status = StatusCodes.Status500InternalServerError;
        try
        {
            await next(context);
            status = context.Response.StatusCode;
        }
        catch (StoreUnavailableException)
        {
            status = StatusCodes.Status503ServiceUnavailable;
            throw;
        }
        finally
        {
            Write(context, endpoint, status);
        }
    }

    private static bool IsForAdmins(Endpoint endpoint) => endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>().Any(rule => rule.Policy == AdminsPolicy.Name);

    private void Write(HttpContext context, RouteEndpoint endpoint, int status)
    {
        if (context.User.FindFirstValue(Caller.UserClaim) is not { } user)
            return;
        var (method, route, target) = (context.Request.Method, (endpoint.RoutePattern.RawText ?? "").TrimEnd('/'), TargetOf(context));
        if (status != StatusCodes.Status403Forbidden)
            log.AdminCalled(user, method, route, target, status);
        else if (TakeRefused() is { } leftOut)
            log.AdminCallRefused(user, method, route, target, leftOut);
    }

    // The ids in the path.
    private static string TargetOf(HttpContext context)
    {
        var ids = context.Request.RouteValues.Select(value => value.Value as string ?? "").Select(id =>
            id.Length is > 0 and <= LongestId && !id.AsSpan().ContainsAnyExcept(OfIds) ? id : "(no id)");
        return string.Join(' ', ids) is { Length: > 0 } target ? target : "-";
    }

    /// <returns>How many were left out since the last line; null if this one is, too.</returns>
    private long? TakeRefused()
    {
        lock (_gate)
        {
            var minute = clock.GetTimestamp() / (60 * clock.TimestampFrequency);
            if (minute != _minute)
                (_minute, _written) = (minute, 0);
            if (_written >= RefusedAMinute)
            {
                _leftOut++;
                return null;
            }
            _written++;
            var leftOut = _leftOut;
            _leftOut = 0;
            return leftOut;
        }
    }
}
