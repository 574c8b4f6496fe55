using System.Globalization;
using System.Security.Claims;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Http;
using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Identity.Contracts;

/// <summary>Checks access tokens: those of HTTP requests, and those of <c>auth</c> frames.</summary>
public interface ITokens
{
    /// <summary>Checks signature, issuer, audience, times and revocation.</summary>
    /// <param name="token">The token as sent.</param>
    /// <param name="deviceFromQuery">The device of the query string: used if the token has no <c>device</c> claim, and must equal the claim if it has.
    /// Null if the request has none.</param>
    /// <exception cref="StoreUnavailableException">The store, or the outside issuer's keys, cannot be reached.</exception>
    Task<TokenCheck> ValidateAsync(string token, string? deviceFromQuery, CancellationToken ct);

    /// <summary>
    /// Whether the device of an authenticated request was revoked since. Ask after its connection is registered: an earlier revocation found no
    /// connection to close.
    /// </summary>
    /// <param name="user">Of <see cref="TokenCheck.ToIdentity"/>; one without its claims is not revoked.</param>
    bool IsRevoked(ClaimsPrincipal user);
}

/// <summary>The result of a token check.</summary>
/// <param name="Device">The token's device; null if refused.</param>
/// <param name="ExpiresAt">When it expires; default if refused.</param>
/// <param name="Error"><c>unauthenticated</c>, or <c>token_expired</c> if expiry is the only fault; null if valid.</param>
public sealed record TokenCheck(DeviceAddress? Device, DateTimeOffset ExpiresAt, Error? Error)
{
    /// <summary>When it was issued, in whole milliseconds or seconds; default if refused.</summary>
    public DateTimeOffset IssuedAt { get; init; }

    /// <summary>The claim with the time of issue in Unix milliseconds. Revocations compare it.</summary>
    public const string IssuedAtMsClaim = "iat_ms";

    /// <summary>The expiry claim, in Unix seconds (RFC 7519 §4.1.4).</summary>
    public const string ExpiryClaim = "exp";

    /// <summary>A refused token.</summary>
    public static TokenCheck Refused(Error error) => new(null, default, error);

    /// <summary>User, device, time of issue and expiry of a valid token, as claims.</summary>
    /// <exception cref="InvalidOperationException">The token is refused.</exception>
    public ClaimsIdentity ToIdentity(string scheme)
    {
        var device = Device ?? throw new InvalidOperationException("A refused token has no identity.");
        Claim[] claims =
        [
            new(Caller.UserClaim, device.User.Value),
            new(Caller.DeviceClaim, device.Device.Value),
            new(IssuedAtMsClaim, IssuedAt.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture)),
            new(ExpiryClaim, ExpiresAt.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)),
        ];
        return new ClaimsIdentity(claims, scheme, Caller.UserClaim, roleType: null);
    }
}
