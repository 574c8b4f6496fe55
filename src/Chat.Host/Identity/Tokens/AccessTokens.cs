using System.Security.Cryptography;
using Chat.BuildingBlocks.Http;
using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Chat.Host.Identity.Tokens;

/// <summary>Makes this server's access tokens: ES256 JWTs.</summary>
internal sealed class AccessTokens(SigningKey key, IOptions<AuthOptions> options)
{
    /// <summary>The time of issue in milliseconds, where <c>iat</c> has whole seconds: a revocation tells tokens apart by it.</summary>
    public const string IssuedAtMs = "iat_ms";

    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };
    private readonly SigningCredentials _credentials = new(key.SecurityKey, SecurityAlgorithms.EcdsaSha256);

    public string Make(DeviceAddress device, DateTimeOffset issuedAt) => _handler.CreateToken(new SecurityTokenDescriptor
    {
        Issuer = options.Value.Issuer,
        Audience = options.Value.TokenAudience,
        SigningCredentials = _credentials,
        Claims = new Dictionary<string, object>
        {
            [Caller.UserClaim] = device.User.Value,
            [Caller.DeviceClaim] = device.Device.Value,
            [JwtRegisteredClaimNames.Iat] = issuedAt.ToUnixTimeSeconds(),
            [IssuedAtMs] = issuedAt.ToUnixTimeMilliseconds(),
            [JwtRegisteredClaimNames.Exp] = (issuedAt + options.Value.AccessTokenLifetime).ToUnixTimeSeconds(),
            [JwtRegisteredClaimNames.Jti] = RandomNumberGenerator.GetHexString(32, lowercase: true),
        },
    });
}
