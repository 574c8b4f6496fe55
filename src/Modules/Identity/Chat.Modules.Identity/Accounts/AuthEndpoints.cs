using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Http;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Chat.Modules.Identity.Accounts;

/// <summary><c>/v1/auth</c>: register, log in, refresh and log out of built-in accounts.</summary>
internal static class AuthEndpoints
{
    public static void MapAuth(this IEndpointRouteBuilder routes)
    {
        var auth = routes.MapGroup("/v1/auth").AllowAnonymous().WithTags("Accounts");

        auth.MapPost("/register", async (Credentials body, HttpContext context, BuiltInAccounts accounts, CancellationToken ct) =>
            body.Fault() is { } fault
                ? HttpErrors.ToProblem(fault)
                : Answer(context, await accounts.RegisterAsync(body.Address(), body.DeviceName, body.Password, ct), StatusCodes.Status201Created))
            .WithSummary("Creates an account and logs a device in.").Produces<TokenPair>(StatusCodes.Status201Created)
            .Refuses(ErrorCodes.Forbidden, ErrorCodes.Conflict)
            .WithMetadata(new AddressRated(AddressRate.Registrations));

        auth.MapPost("/login", async (Credentials body, HttpContext context, BuiltInAccounts accounts, CancellationToken ct) =>
            body.Fault() is { } fault
                ? HttpErrors.ToProblem(fault)
                : Answer(context, await accounts.LogInAsync(body.Address(), body.DeviceName, body.Password, ClientNetwork.Of(context), ct), StatusCodes.Status200OK))
            .WithSummary("Logs a device in; its older tokens stay valid.").Produces<TokenPair>().Refuses(ErrorCodes.Unauthenticated, ErrorCodes.Forbidden)
            .WithMetadata(new AddressRated(AddressRate.Logins));

        auth.MapPost("/refresh", async (RefreshBody body, HttpContext context, BuiltInAccounts accounts, CancellationToken ct) =>
            Answer(context, await accounts.RefreshAsync(body.RefreshToken, ct), StatusCodes.Status200OK))
            .WithSummary("Exchanges a refresh token, which can be used once, for a new pair.").Produces<TokenPair>().Refuses(ErrorCodes.Unauthenticated, ErrorCodes.Forbidden)
            .WithMetadata(new AddressRated(AddressRate.Logins));

        auth.MapPost("/logout", async (RefreshBody body, BuiltInAccounts accounts, CancellationToken ct) =>
        {
            await accounts.LogOutAsync(body.RefreshToken, ct);
            return Results.NoContent();
        }).WithSummary("Ends the session of a refresh token.").Produces(StatusCodes.Status204NoContent).WithMetadata(new AddressRated(AddressRate.Logins));
    }

    /// <summary>Separate, since it needs a token.</summary>
    public static void MapPasswordChange(this IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/auth/password", async (PasswordBody body, HttpContext context, Caller caller, PasswordChange change, CancellationToken ct) =>
            body.CurrentPassword.Length > PasswordRules.MaxLength
                ? HttpErrors.ToProblem(PasswordRules.TooLong)
                : Answer(
                    context,
                    await change.ChangeAsync(caller.Device, body.CurrentPassword, body.NewPassword, ClientNetwork.Of(context), ct),
                    StatusCodes.Status200OK))
        .WithTags("Accounts").WithSummary("Changes the caller's password and ends its other sessions; the device continues with the new pair.")
        .Produces<TokenPair>().WithMetadata(new AddressRated(AddressRate.Logins));

    private static IResult Answer(HttpContext context, Result<TokenPair> result, int status)
    {
        context.Response.Headers.CacheControl = "no-store";
        return result.Match(pair => Results.Json(pair, statusCode: status), HttpErrors.ToProblem);
    }

    private sealed record Credentials(UserId UserId, string Password, DeviceId DeviceId, string? DeviceName = null)
    {
        private const int MaxDeviceNameLength = 64;

        public DeviceAddress Address() => new(UserId, DeviceId);

        /// <remarks>Lengths in UTF-16 units.</remarks>
        public Error? Fault()
        {
            if (Password.Length > PasswordRules.MaxLength)
                return PasswordRules.TooLong;
            return DeviceName is { } name && !DisplayName.IsWellFormed(name, MaxDeviceNameLength)
                ? Error.BadRequest($"A device's name has 1 to {MaxDeviceNameLength} characters that can be seen, and no control characters.")
                : null;
        }

        // The default would contain the password.
        public override string ToString() => $"{UserId}/{DeviceId}";
    }

    private sealed record PasswordBody(string CurrentPassword, string NewPassword)
    {
        public override string ToString() => nameof(PasswordBody);
    }

    private sealed record RefreshBody(string RefreshToken)
    {
        public override string ToString() => nameof(RefreshBody);
    }
}
