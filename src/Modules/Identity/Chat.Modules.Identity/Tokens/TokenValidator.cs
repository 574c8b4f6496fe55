using System.Globalization;
using System.Security.Claims;
using Chat.BuildingBlocks.Http;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Identity.Contracts;
using Chat.Modules.Identity.Devices;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Chat.Modules.Identity.Tokens;

/// <summary>Validates access tokens, those of requests and those of <c>auth</c> frames.</summary>
internal sealed class TokenValidator(
    ITrustedIssuer issuer, Revocations revocations, DeviceRegistrar registrar, IOptions<AuthOptions> options, TimeProvider clock) : ITokens
{
    private const int MaxTokenBytes = 16 * 1024;

    /// <summary>How far an outside issuer's clock may be ahead (its <c>nbf</c>).</summary>
    private static readonly TimeSpan NotBeforeSkew = TimeSpan.FromSeconds(30);

    private readonly JsonWebTokenHandler _handler = new() { MaximumTokenSizeInBytes = MaxTokenBytes };

    public async Task<TokenCheck> ValidateAsync(string token, string? deviceFromQuery, CancellationToken ct)
    {
        var validated = await _handler.ValidateTokenAsync(token, await issuer.GetParametersAsync(ct));
        if (!validated.IsValid || validated.SecurityToken is not JsonWebToken jwt)
            return TokenCheck.Refused(IdentityErrors.BadToken);
        if (DeviceOf(jwt, deviceFromQuery) is not { } device)
            return TokenCheck.Refused(IdentityErrors.BadToken);
        var issuedAt = IssuedAt(jwt);
        if (revocations.IsVoid(device, issuedAt))
            return TokenCheck.Refused(IdentityErrors.BadToken);

        var now = clock.GetUtcNow();
        var expiresAt = Time(jwt.ValidTo);
        if (expiresAt - now > options.Value.MaxTokenLifetime || Time(jwt.ValidFrom) - now > NotBeforeSkew || jwt.ValidTo == default)
            return TokenCheck.Refused(IdentityErrors.BadToken);
        // Checked last: the code token_expired says that expiry is the only fault.
        if (expiresAt <= now)
            return TokenCheck.Refused(IdentityErrors.TokenExpired);
        return await registrar.EnsureRegisteredAsync(device, ct)
            ? new TokenCheck(device, expiresAt, null) { IssuedAt = issuedAt }
            : TokenCheck.Refused(IdentityErrors.TooManyDevices);
    }

    public bool IsRevoked(ClaimsPrincipal user) =>
        Caller.From(user) is { } caller
        && long.TryParse(user.FindFirstValue(TokenCheck.IssuedAtMsClaim), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var issuedAt)
        && revocations.IsVoid(caller.Device, DateTimeOffset.FromUnixTimeMilliseconds(issuedAt));

    // The query's device is used if there is no claim, and must equal the claim if there is one.
    private static DeviceAddress? DeviceOf(JsonWebToken jwt, string? deviceFromQuery)
    {
        if (!UserId.TryParse(Text(jwt, Caller.UserClaim), out var user))
            return null;
        var claimed = jwt.TryGetPayloadValue<object>(Caller.DeviceClaim, out _) ? Text(jwt, Caller.DeviceClaim) ?? "" : null;
        if (claimed is not null && deviceFromQuery is not null && claimed != deviceFromQuery)
            return null;
        return DeviceId.TryParse(claimed ?? deviceFromQuery, out var device) ? new DeviceAddress(user, device) : null;
    }

    private static string? Text(JsonWebToken jwt, string claim) =>
        jwt.TryGetPayloadValue<object>(claim, out var value) ? value as string : null;

    // An outside issuer's time is in whole seconds: taken as the earliest moment it can mean, so that no token survives its revocation.
    private static DateTimeOffset IssuedAt(JsonWebToken jwt) => jwt.TryGetPayloadValue<long>(TokenCheck.IssuedAtMsClaim, out var milliseconds)
        ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
        : Time(jwt.IssuedAt);

    // DateTime.MinValue if the claim is missing.
    private static DateTimeOffset Time(DateTime utc) => new(DateTime.SpecifyKind(utc, DateTimeKind.Utc));
}
