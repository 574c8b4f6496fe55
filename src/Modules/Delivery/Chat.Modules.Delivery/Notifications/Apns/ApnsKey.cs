using System.Security.Cryptography;
using Chat.Modules.Delivery.Notifications.Platforms;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Chat.Modules.Delivery.Notifications.Apns;

/// <summary>The key for APNs, and the token that it signs: Apple takes one for an hour, and wants no new one within 20 minutes.</summary>
internal sealed class ApnsKey(ApnsOptions options, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(40);

    private readonly ECDsa _key = KeyFile.ReadP256(Path.GetFullPath(options.KeyFile!), "Push:Apns:KeyFile");
    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };
    private readonly InMemoryCryptoProviderCache _signatures = new();
    private readonly Lock _gate = new();

    // Under _gate.
    private string? _token;
    private DateTimeOffset _issuedAt;

    public string Token()
    {
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            // A clock that was set back would make it a token of the future.
            if (_token is null || now < _issuedAt || now >= _issuedAt + Lifetime)
                (_token, _issuedAt) = (Make(now), now);
            return _token;
        }
    }

    public void Dispose()
    {
        _signatures.Dispose();
        _key.Dispose();
    }

    private string Make(DateTimeOffset now) => _handler.CreateToken(new SecurityTokenDescriptor
    {
        SigningCredentials = new SigningCredentials(
            new ECDsaSecurityKey(_key) { KeyId = options.KeyId, CryptoProviderFactory = new CryptoProviderFactory(_signatures) }, SecurityAlgorithms.EcdsaSha256),
        Claims = new Dictionary<string, object>
        {
            [JwtRegisteredClaimNames.Iss] = options.TeamId!,
            [JwtRegisteredClaimNames.Iat] = now.ToUnixTimeSeconds(),
        },
    });
}
