namespace Chat.Client;

/// <summary>Push notifications of this device. Refusals are <see cref="ChatException"/>.</summary>
public sealed class Push
{
    private readonly ChatApi _api;

    internal Push(ChatApi api) => _api = api;

    /// <summary>The server's public key, base64url: a browser's <c>applicationServerKey</c>.</summary>
    /// <exception cref="ChatException"><c>not_found</c>: the server sends no Web Push; or no answer came.</exception>
    public async Task<string> KeyAsync(CancellationToken ct = default) => (await _api.GetPushKeyAsync(ct)).Key;

    /// <summary>Subscribes this device, in place of its earlier subscription. Call it at each start, and whenever the address has changed.</summary>
    /// <param name="address">Where the device is reached.</param>
    /// <param name="content">What a notification may say.</param>
    /// <param name="ct">Gives up the wait; it may have been subscribed.</param>
    /// <exception cref="ChatException"><c>bad_request</c> for an address, or a kind, that the server does not take; or no answer came.</exception>
    public Task SubscribeAsync(PushAddress address, PushContent content = PushContent.None, CancellationToken ct = default) =>
        _api.SubscribePushAsync(address.ToSubscription(content), ct);

    /// <summary>Ends this device's subscription, if there is one. Signing out does it, too.</summary>
    /// <exception cref="ChatException">It was refused, or no answer came.</exception>
    public Task UnsubscribeAsync(CancellationToken ct = default) => _api.UnsubscribePushAsync(ct);
}
