using System.Security.Claims;
using System.Text.Encodings.Web;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Http;
using Chat.Modules.Identity.Contracts;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Chat.Host.Authentication;

/// <summary>
/// Who a request comes from: its bearer token, in <c>Authorization</c> or, for the transports to which a browser can send no header, in
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
        if (check.Error is { } refusal)
        {
            AuthFailure.Set(Context, refusal);
            return AuthenticateResult.Fail(refusal.Code);
        }

        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(check.ToIdentity(SchemeName)), SchemeName));
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

/// <summary>Why a request's credentials were refused.</summary>
internal sealed record AuthFailure(Error Error)
{
    public static void Set(HttpContext context, Error error) => context.Features.Set(new AuthFailure(error));

    public static Error? Of(HttpContext context) => context.Features.Get<AuthFailure>()?.Error;
}
