using System.Security.Claims;
using System.Text;
using System.Text.Encodings.Web;
using Chat.BuildingBlocks.Http;
using Chat.BuildingBlocks.Ids;
using Chat.Host.Http;
using Chat.Modules.Identity.Contracts;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Chat.Host.Authentication;

/// <summary>HTTP Basic (RFC 7617) for an operator's browser, on the pages that name this scheme: a built-in account's id and password.</summary>
internal sealed class BasicHandler(
    IAdmins admins, AddressRates rates, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "Basic";

    private const string Prefix = SchemeName + " ";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Credentials() is not (var user, var password))
            return AuthenticateResult.NoResult();

        if (!admins.IsKnown(user, password))
        {
            var refusal = rates.Admit(Context, AddressRate.Logins) ?? (await admins.CheckAsync(user, password, ClientNetwork.Of(Context), Context.RequestAborted)).Error;
            if (refusal is not null)
            {
                AuthFailure.Set(Context, refusal);
                return AuthenticateResult.Fail(refusal.Code);
            }
        }

        var identity = new ClaimsIdentity([new Claim(Caller.UserClaim, user.Value)], SchemeName, Caller.UserClaim, roleType: null);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName));
    }

    // Only the header: the bearer scheme, which runs after this one, writes the answer.
    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.Append("WWW-Authenticate", "Basic realm=\"chat operations\", charset=\"UTF-8\"");
        return Task.CompletedTask;
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => Task.CompletedTask;

    private (UserId User, string Password)? Credentials()
    {
        var header = Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            return null;
        var bytes = new byte[header.Length];
        if (!Convert.TryFromBase64String(header[Prefix.Length..].Trim(), bytes, out var length))
            return null;
        var text = Encoding.UTF8.GetString(bytes, 0, length);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && UserId.TryParse(text[..colon], out var user) ? (user, text[(colon + 1)..]) : null;
    }
}
