using System.Collections.Concurrent;
using System.Net.Http.Headers;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Chat.Modules.Delivery.Notifications.WebPush;

/// <summary>Says to a push service who sends (RFC 8292): a token for each origin, used for half of its life.</summary>
internal sealed class VapidHeaders(VapidKey key, WebPushOptions options, TimeProvider clock) : IDisposable
{
    // 24 hours at most (RFC 8292 §2); some services refuse what is close to that.
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };
    private readonly InMemoryCryptoProviderCache _signatures = new();
    private readonly ConcurrentDictionary<string, (AuthenticationHeaderValue Header, DateTimeOffset RenewAt)> _byOrigin = new();
    private SigningCredentials? _credentials;

    /// <param name="origin">The push service's, as in <see cref="Origin"/>.</param>
    public AuthenticationHeaderValue For(string origin)
    {
        var now = clock.GetUtcNow();
        if (_byOrigin.TryGetValue(origin, out var known) && now < known.RenewAt && now > known.RenewAt - Lifetime)
            return known.Header;
        if (_byOrigin.Count >= options.MaxOrigins)
            _byOrigin.Clear();
        var header = new AuthenticationHeaderValue("vapid", $"t={TokenFor(origin, now + Lifetime)}, k={key.PublicKey}");
        _byOrigin[origin] = (header, now + Lifetime / 2);
        return header;
    }

    public void Dispose() => _signatures.Dispose();

    private string TokenFor(string origin, DateTimeOffset expires)
    {
        // Its own cache: the shared one would give a second server in this process the disposed key of the first.
        _credentials ??= new SigningCredentials(
            new ECDsaSecurityKey(key.Key) { CryptoProviderFactory = new CryptoProviderFactory(_signatures) }, SecurityAlgorithms.EcdsaSha256);
        return _handler.CreateToken(new SecurityTokenDescriptor
        {
            SigningCredentials = _credentials,
            Claims = new Dictionary<string, object>
            {
                [JwtRegisteredClaimNames.Aud] = origin,
                [JwtRegisteredClaimNames.Exp] = expires.ToUnixTimeSeconds(),
                [JwtRegisteredClaimNames.Sub] = options.Subject,
            },
        });
    }
}
