using System.Net;
using System.Net.Http.Headers;
using Chat.Modules.Delivery.Notifications.Platforms;
using Google.Apis.Auth.OAuth2.Responses;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Notifications.Fcm;

/// <summary>Firebase Cloud Messaging, HTTP v1.</summary>
internal sealed class FcmPlatform(PlatformKeys keys, PlatformClients clients, IOptions<FcmOptions> options, IOptions<PlatformOptions> platforms, TimeProvider clock)
    : IPushPlatform, IDisposable
{
    private readonly PlatformClient _client = clients.ForPlatform();
    private readonly Uri? _address =
        keys.Fcm is { } account ? new Uri($"{options.Value.Endpoint.TrimEnd('/')}/v1/projects/{Uri.EscapeDataString(account.Project)}/messages:send") : null;

    public PushKind Kind => PushKind.Fcm;

    public bool IsConfigured => keys.Fcm is not null;

    public string? FindFault(PushSubscription subscription) => null;

    public async Task<PushOutcome> SendAsync(PushSubscription to, PushNotification what, CancellationToken ct)
    {
        if (keys.Fcm is not { } account)
            return new PushOutcome.Misconfigured(PushReason.BadCredentials, 0);
        var body = FcmMessage.Write(to.Address, what);
        var (token, fault) = await TokenAsync(account, renew: false, ct);
        if (fault is not null)
            return fault;
        var answer = await PostAsync(body, token!, ct);
        if (answer.Status != 401)
            return FcmAnswer.OutcomeOf(answer);
        // The token ended early, as when the clock was set.
        (token, fault) = await TokenAsync(account, renew: true, ct);
        return fault ?? FcmAnswer.OutcomeOf(await PostAsync(body, token!, ct));
    }

    public async Task<string?> CheckAsync(CancellationToken ct) =>
        keys.Fcm is not { } account ? null : (await TokenAsync(account, renew: false, ct)).Fault switch
        {
            null => null,
            PushOutcome.Misconfigured => "Google refuses the key in Push:Fcm:ServiceAccountFile: its account was deleted, or the key was revoked.",
            PushOutcome.Retry retry => $"Google gives no access token for Push:Fcm:ServiceAccountFile ({retry.Reason}).",
            _ => "Google gives no access token for Push:Fcm:ServiceAccountFile.",
        };

    public void Dispose() => _client.Dispose();

    private async Task<PlatformAnswer> PostAsync(byte[] body, string token, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _address)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
            Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") { CharSet = "utf-8" } } },
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await _client.SendAsync(request, readsErrors: true, ct);
    }

    private async Task<(string? Token, PushOutcome? Fault)> TokenAsync(FcmAccount account, bool renew, CancellationToken ct)
    {
        using var deadline = new CancellationTokenSource(platforms.Value.RequestTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, deadline.Token);
        try
        {
            if (renew)
                await account.RenewTokenAsync(either.Token);
            return await account.GetTokenAsync(either.Token).WaitAsync(either.Token) is { Length: > 0 } token
                ? (token, null)
                : (null, new PushOutcome.Retry(PushReason.ServerError, null, 0));
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return (null, new PushOutcome.Retry(PushReason.Timeout, null, 0));
        }
        catch (TokenResponseException e)
        {
            var status = (int)(e.StatusCode ?? 0);
            return (null, status is >= 400 and < 500 and not 408 and not 429
                ? new PushOutcome.Misconfigured(PushReason.BadCredentials, status)
                : new PushOutcome.Retry(PushReason.ServerError, null, status));
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return (null, new PushOutcome.Retry(PushReason.Unreachable, null, 0));
        }
        catch (Exception) when (!ct.IsCancellationRequested)
        {
            // An answer that is no token: the library has no exception of its own for that.
            return (null, new PushOutcome.Retry(PushReason.ServerError, null, 0));
        }
    }
}
