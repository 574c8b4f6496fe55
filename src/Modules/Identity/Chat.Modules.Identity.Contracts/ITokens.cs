using System.Globalization;
using System.Security.Claims;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Http;
using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Identity.Contracts;

/// <summary>Checks access tokens: of a request's head, and of a live connection's <c>auth</c> frame.</summary>
public interface ITokens
{
    /// <summary>Checks signature, issuer, audience, times and revocation.</summary>
    /// <param name="token">As the client sent it.</param>
    /// <param name="deviceFromQuery">The connection's device; stands in for a missing <c>device</c> claim, and must equal one that is there.
    /// Null where there is none.</param>
    /// <exception cref="StoreUnavailableException">The store, or the outside issuer's keys, cannot be reached.</exception>
    Task<TokenCheck> ValidateAsync(string token, string? deviceFromQuery, CancellationToken ct);

    /// <summary>
    /// Whether the device of a request that was let in has been revoked since. Asked once its connection stands: a revocation before that
    /// has found none to close.
    /// </summary>
    /// <param name="user">Of <see cref="TokenCheck.ToIdentity"/>; one without its claims is not revoked.</param>
    bool IsRevoked(ClaimsPrincipal user);
}

/// <summary>What a token turned out to be: a device's until a time, or refused.</summary>
/// <param name="Device">Whose it is; null when it is refused.</param>
/// <param name="ExpiresAt">Until when it is good; meaningless when it is refused.</param>
/// <param name="Error"><c>unauthenticated</c>, or <c>token_expired</c> where its age is all that is wrong; null when it is good.</param>
public sealed record TokenCheck(DeviceAddress? Device, DateTimeOffset ExpiresAt, Error? Error)
{
    /// <summary>When it was issued, in whole milliseconds or seconds; meaningless when it is refused.</summary>
    public DateTimeOffset IssuedAt { get; init; }

    /// <summary>The claim of the time of issue in Unix milliseconds, by which a revocation tells a device's tokens apart.</summary>
    public const string IssuedAtMsClaim = "iat_ms";

    /// <summary>The claim of the time until which the token is good, in Unix seconds (RFC 7519 §4.1.4).</summary>
    public const string ExpiryClaim = "exp";

    /// <summary>A refused token.</summary>
    public static TokenCheck Refused(Error error) => new(null, default, error);

    /// <summary>A good token's user, device, time of issue and expiry as the claims of a request.</summary>
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
