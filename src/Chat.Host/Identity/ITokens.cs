using System.Security.Claims;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;

namespace Chat.Host.Identity;

/// <summary>Checks access tokens that come by another way than a request's head: a live connection's <c>auth</c> frame.</summary>
internal interface ITokens
{
    /// <summary>Checks signature, issuer, audience, times and revocation, exactly as for a request.</summary>
    /// <param name="token">As the client sent it.</param>
    /// <param name="deviceFromQuery">The connection's device; stands in for a missing <c>device</c> claim, and must equal one that is there.
    /// Null where there is none.</param>
    /// <param name="ct">Gives up.</param>
    Task<TokenCheck> ValidateAsync(string token, string? deviceFromQuery, CancellationToken ct);

    /// <summary>
    /// Whether the device of a request that was let in has been revoked since. Asked once its connection stands: a revocation before that
    /// has found none to close.
    /// </summary>
    bool IsRevoked(ClaimsPrincipal user);
}

/// <summary>What a token turned out to be: a device's until a time, or refused.</summary>
/// <param name="Device">Whose it is; null when it is refused.</param>
/// <param name="ExpiresAt">Until when it is good; meaningless when it is refused.</param>
/// <param name="Error"><c>unauthenticated</c>, or <c>token_expired</c> where its age is all that is wrong; null when it is good.</param>
internal sealed record TokenCheck(DeviceAddress? Device, DateTimeOffset ExpiresAt, Error? Error)
{
    /// <summary>When it was issued, in whole milliseconds or seconds; meaningless when it is refused.</summary>
    public DateTimeOffset IssuedAt { get; init; }

    public static TokenCheck Refused(Error error) => new(null, default, error);
}
