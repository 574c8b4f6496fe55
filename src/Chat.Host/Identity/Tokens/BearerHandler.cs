using System.Globalization;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Http;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Chat.Host.Identity.Tokens;

/// <summary>
/// Who a request comes from: its bearer token, in <c>Authorization</c> or, for the doors that a browser cannot give a head, in
/// <c>?access_token=</c>. Refuses with problem details.
/// </summary>
internal sealed class BearerHandler(
    ITokens tokens, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "Bearer";

    private const string Prefix = SchemeName + " ";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (FindToken() is not { } token)
            return AuthenticateResult.NoResult();

        var check = await tokens.ValidateAsync(token, Request.Query.TryGetValue("device", out var device) ? device.ToString() : null, Context.RequestAborted);
        if (check.Device is not { } address)
        {
            AuthFailure.Set(Context, check.Error!);
            return AuthenticateResult.Fail(check.Error!.Code);
        }

        var claims = new[]
        {
            new Claim(Caller.UserClaim, address.User.Value),
            new Claim(Caller.DeviceClaim, address.Device.Value),
            new Claim(AccessTokens.IssuedAtMs, check.IssuedAt.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture)),
            new Claim(JwtRegisteredClaimNames.Exp, check.ExpiresAt.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)),
        };
        var identity = new ClaimsIdentity(claims, SchemeName, Caller.UserClaim, roleType: null);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var error = AuthFailure.Of(Context) ?? IdentityErrors.NoToken;
        // RFC 6750 §3: without a token, no error.
        Response.Headers.Append("WWW-Authenticate", error == IdentityErrors.NoToken ? SchemeName : $"{Prefix}error=\"invalid_token\"");
        return HttpErrors.ToProblem(error).ExecuteAsync(Context);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        HttpErrors.ToProblem(IdentityErrors.NotAnAdmin).ExecuteAsync(Context);

    private string? FindToken()
    {
        var header = Request.Headers.Authorization.ToString();
        if (header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            return header[Prefix.Length..].Trim();
        return header.Length == 0 && (Request.Path.StartsWithSegments("/ws") || Request.Path.StartsWithSegments("/hub"))
            && Request.Query.TryGetValue("access_token", out var token)
            ? token.ToString()
            : null;
    }
}

/// <summary>Why a request's credentials were refused, for the answer.</summary>
internal sealed record AuthFailure(Error Error)
{
    public static void Set(HttpContext context, Error error) => context.Features.Set(new AuthFailure(error));

    public static Error? Of(HttpContext context) => context.Features.Get<AuthFailure>()?.Error;
}
