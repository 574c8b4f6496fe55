using System.Security.Cryptography;
using Chat.BuildingBlocks.Http;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Identity.Contracts;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Chat.Modules.Identity.Tokens;

/// <summary>Creates this server's access tokens: ES256 JWTs.</summary>
internal sealed class AccessTokens(SigningKey key, IOptions<AuthOptions> options, TimeProvider clock)
{
    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };
    private readonly SigningCredentials _credentials = new(key.SecurityKey, SecurityAlgorithms.EcdsaSha256);

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
            // The store's time. It may be ahead of iat and exp, if the clock was ahead once.
            [TokenCheck.IssuedAtMsClaim] = issuedAt.ToUnixTimeMilliseconds(),
            [TokenCheck.ExpiryClaim] = (now + options.Value.AccessTokenLifetime).ToUnixTimeSeconds(),
            [JwtRegisteredClaimNames.Jti] = RandomNumberGenerator.GetHexString(32, lowercase: true),
        },
    });
}
