using System.Security.Cryptography;
using Chat.BuildingBlocks.Http;
using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Chat.Host.Identity.Tokens;

/// <summary>Makes this server's access tokens: ES256 JWTs.</summary>
internal sealed class AccessTokens(SigningKey key, IOptions<AuthOptions> options, TimeProvider clock)
{
    /// <summary>
    /// The store's time of issue in milliseconds, by which a revocation tells tokens apart. It may be ahead of the clock, and so of <c>iat</c>
    /// and <c>exp</c>, where the clock was ahead once.
    /// </summary>
    public const string IssuedAtMs = "iat_ms";

    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };
    private readonly SigningCredentials _credentials = new(key.SecurityKey, SecurityAlgorithms.EcdsaSha256);

    /// <param name="device">Whose.</param>
    /// <param name="issuedAt">By the store.</param>
    public string Make(DeviceAddress device, DateTimeOffset issuedAt) => Make(device, issuedAt, clock.GetUtcNow());

    private string Make(DeviceAddress device, DateTimeOffset issuedAt, DateTimeOffset now) => _handler.CreateToken(new SecurityTokenDescriptor
    {
        Issuer = options.Value.Issuer,
        Audience = options.Value.TokenAudience,
        SigningCredentials = _credentials,
        Claims = new Dictionary<string, object>
        {
            [Caller.UserClaim] = device.User.Value,
            [Caller.DeviceClaim] = device.Device.Value,
            [JwtRegisteredClaimNames.Iat] = now.ToUnixTimeSeconds(),
            [IssuedAtMs] = issuedAt.ToUnixTimeMilliseconds(),
            [JwtRegisteredClaimNames.Exp] = (now + options.Value.AccessTokenLifetime).ToUnixTimeSeconds(),
            [JwtRegisteredClaimNames.Jti] = RandomNumberGenerator.GetHexString(32, lowercase: true),
        },
    });
}
