using System.Text.Json.Serialization;

namespace Chat.Client;

/// <summary>Where a device is reached. It is a secret: <see cref="ToString"/> tells its kind alone.</summary>
public abstract record PushAddress
{
    private PushAddress()
    {
    }

    /// <inheritdoc/>
    public sealed override string ToString() => GetType().Name;

    internal abstract PushSubscription ToSubscription(PushContent content);

    /// <summary>Web Push (RFC 8030), of a browser or of UnifiedPush.</summary>
    /// <param name="Endpoint">An https address.</param>
    /// <param name="P256dh">The receiver's public key, base64url.</param>
    /// <param name="Auth">The receiver's secret, base64url.</param>
    public sealed record WebPush(string Endpoint, string P256dh, string Auth) : PushAddress
    {
        internal override PushSubscription ToSubscription(PushContent content) => new("webpush", content, Endpoint: Endpoint, Keys: new PushKeys(P256dh, Auth));
    }

    /// <summary>Firebase Cloud Messaging.</summary>
    /// <param name="Token">The registration token.</param>
    public sealed record Fcm(string Token) : PushAddress
    {
        internal override PushSubscription ToSubscription(PushContent content) => new("fcm", content, Token: Token);
    }

    /// <summary>Apple's service.</summary>
    /// <param name="Token">The device token, in hex.</param>
    /// <param name="Topic">The app's bundle id.</param>
    /// <param name="Sandbox">Whether the token is of Apple's development environment.</param>
    public sealed record Apns(string Token, string Topic, bool Sandbox = false) : PushAddress
    {
        internal override PushSubscription ToSubscription(PushContent content) => new("apns", content, Token: Token, Topic: Topic, Sandbox: Sandbox);
    }
}

/// <summary>What a notification may say.</summary>
[JsonConverter(typeof(CamelCase<PushContent>))]
public enum PushContent
{
    /// <summary>That there are messages.</summary>
    None,

    /// <summary>Also from whom the newest is.</summary>
    Sender,

    /// <summary>Also its text.</summary>
    Full,
}
