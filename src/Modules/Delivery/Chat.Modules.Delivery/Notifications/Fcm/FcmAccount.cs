using Chat.BuildingBlocks.Storage;
using Chat.Modules.Delivery.Notifications.Platforms;
using Google.Apis.Auth.OAuth2;
using Google.Apis.Http;
using Google.Apis.Util;

namespace Chat.Modules.Delivery.Notifications.Fcm;

/// <summary>The service account, and the access tokens that Google gives it.</summary>
internal sealed class FcmAccount : IDisposable
{
    private const string Scope = "https://www.googleapis.com/auth/firebase.messaging";

    private readonly ServiceAccountCredential _credential;

    /// <exception cref="StorageException">The file cannot be read, or is no service account's key.</exception>
    public FcmAccount(string path, PlatformClients clients, TimeProvider clock)
    {
        path = Path.GetFullPath(path);
        var text = KeyFile.ReadText(path, "Push:Fcm:ServiceAccountFile");
        try
        {
            var parsed = CredentialFactory.FromJson<ServiceAccountCredential>(text);
            if (string.IsNullOrEmpty(parsed.ProjectId))
                throw new InvalidOperationException("It has no project_id.");
            _credential = new ServiceAccountCredential(new ServiceAccountCredential.Initializer(parsed.Id, parsed.TokenServerUrl)
            {
                ProjectId = parsed.ProjectId,
                Key = parsed.Key,
                KeyId = parsed.KeyId,
                Scopes = [Scope],
                Clock = new Clock(clock),
                HttpClientFactory = new Clients(clients),
                DefaultExponentialBackOffPolicy = ExponentialBackOffPolicy.None,
            });
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or FormatException or System.Security.Cryptography.CryptographicException)
        {
            throw new StorageException($"Push:Fcm:ServiceAccountFile '{path}' is no service account's key as Google gives it: {e.Message}", e);
        }
    }

    public string Project => _credential.ProjectId;

    /// <summary>The token of now. The library keeps it, and asks for the next one before it ends.</summary>
    /// <exception cref="Google.Apis.Auth.OAuth2.Responses.TokenResponseException">Google refuses.</exception>
    public Task<string> GetTokenAsync(CancellationToken ct) => _credential.GetAccessTokenForRequestAsync(cancellationToken: ct);

    /// <summary>Asks for a token though there is one.</summary>
    public Task<bool> RenewTokenAsync(CancellationToken ct) => _credential.RequestAccessTokenAsync(ct);

    public void Dispose() => _credential.HttpClient?.Dispose();

    private sealed class Clients(PlatformClients clients) : HttpClientFactory
    {
        protected override HttpMessageHandler CreateHandler(CreateHttpClientArgs args) => clients.Handler();
    }

    private sealed class Clock(TimeProvider clock) : IClock
    {
        public DateTime Now => clock.GetLocalNow().DateTime;

        public DateTime UtcNow => clock.GetUtcNow().UtcDateTime;
    }
}
