using Chat.BuildingBlocks.Errors;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Chat.Modules.Identity.Tokens;

/// <summary>The issuer whose tokens are accepted.</summary>
internal interface ITrustedIssuer
{
    /// <exception cref="StoreUnavailableException">The issuer's keys are not available now.</exception>
    ValueTask<TokenValidationParameters> GetParametersAsync(CancellationToken ct);
}

/// <summary>This server itself.</summary>
internal sealed class BuiltInIssuer(SigningKey key, IOptions<AuthOptions> options) : ITrustedIssuer
{
    private readonly TokenValidationParameters _parameters = new()
    {
        ValidIssuer = options.Value.Issuer,
        ValidAudience = options.Value.TokenAudience,
        IssuerSigningKey = key.SecurityKey,
        ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
        ValidTypes = ["JWT"],
        // TokenValidator checks it, with the server's clock.
        ValidateLifetime = false,
    };

    public ValueTask<TokenValidationParameters> GetParametersAsync(CancellationToken ct) => ValueTask.FromResult(_parameters);
}

/// <summary>An OpenID Connect issuer. Name and keys come by discovery, and are fetched again when they are old or a key is unknown.</summary>
internal sealed class OutsideIssuer : ITrustedIssuer, IDisposable
{
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10), MaxResponseContentBufferSize = 1024 * 1024 };
    private readonly ConfigurationManager<OpenIdConnectConfiguration> _discovery;
    private readonly TokenValidationParameters _parameters;

    public OutsideIssuer(IOptions<AuthOptions> options, IHostEnvironment environment)
    {
        _discovery = new ConfigurationManager<OpenIdConnectConfiguration>(
            $"{options.Value.Authority!.TrimEnd('/')}/.well-known/openid-configuration",
            new OpenIdConnectConfigurationRetriever(),
            new HttpDocumentRetriever(_http) { RequireHttps = !environment.IsDevelopment() });
        _parameters = new TokenValidationParameters
        {
            ValidAudience = options.Value.TokenAudience,
            ConfigurationManager = _discovery,
            // No symmetric algorithms: a public key must never be accepted as a secret (RFC 8725 §3.1).
            ValidAlgorithms =
            [
                SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
                SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
                SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
            ],
            ValidateLifetime = false,
        };
    }

    public async ValueTask<TokenValidationParameters> GetParametersAsync(CancellationToken ct)
    {
        try
        {
            // Cached by the manager. Fetched here, since validation itself would report an unreachable issuer as a wrong signature.
            await _discovery.GetConfigurationAsync(ct);
        }
        catch (InvalidOperationException e)
        {
            throw new StoreUnavailableException("The token issuer cannot be reached.", e);
        }
        return _parameters;
    }

    public void Dispose() => _http.Dispose();
}
