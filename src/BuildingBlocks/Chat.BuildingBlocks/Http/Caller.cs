using System.Reflection;
using System.Security.Claims;
using Chat.BuildingBlocks.Ids;
using Microsoft.AspNetCore.Http;

namespace Chat.BuildingBlocks.Http;

/// <summary>The authenticated device of a request, as an endpoint's parameter.</summary>
public sealed record Caller(DeviceAddress Device)
{
    public const string UserClaim = "sub";
    public const string DeviceClaim = "device";

    public UserId User => Device.User;

    /// <summary>Null if the token names no valid user and device; authentication has refused such requests before.</summary>
    public static Caller? From(ClaimsPrincipal principal) =>
        UserId.TryParse(principal.FindFirstValue(UserClaim), out var user) && DeviceId.TryParse(principal.FindFirstValue(DeviceClaim), out var device)
            ? new Caller(new DeviceAddress(user, device))
            : null;

    /// <summary>Minimal APIs' binding convention.</summary>
    public static ValueTask<Caller?> BindAsync(HttpContext context, ParameterInfo parameter) => ValueTask.FromResult(From(context.User));
}
