namespace Chat.Modules.Delivery.Notifications;

/// <summary>One of the platforms that carry notifications to devices. Has its own limit a second and its own breaker.</summary>
internal interface IPushPlatform
{
    PushKind Kind { get; }

    /// <summary>Whether there are keys for it. Without them subscriptions of this kind are refused, and kept ones wait.</summary>
    bool IsConfigured { get; }

    /// <summary>Why a subscription of this kind cannot be taken, as one sentence for the client (a private address, say); null if it can.</summary>
    string? FindFault(PushSubscription subscription);

    /// <summary>Hands one notification over. Called for one device one at a time, for many devices at once.</summary>
    /// <remarks>What goes wrong is an outcome: it throws only when cancelled.</remarks>
    Task<PushOutcome> SendAsync(PushSubscription to, PushNotification what, CancellationToken ct);

    /// <summary>At the start: one line for the log that says what is wrong with the keys; null for nothing.</summary>
    Task<string?> CheckAsync(CancellationToken ct);
}

/// <summary>How a platform answered.</summary>
internal abstract record PushOutcome
{
    private PushOutcome()
    {
    }

    /// <summary>The platform has it now.</summary>
    public sealed record Sent(int Status) : PushOutcome;

    /// <summary>The address is no more: the subscription ends.</summary>
    /// <param name="Reason">One of <see cref="PushReason"/>.</param>
    /// <param name="Status">The HTTP status; 0 for no answer.</param>
    public sealed record Gone(string Reason, int Status) : PushOutcome;

    /// <summary>Not now: the platform or the address is away, slow or limits.</summary>
    /// <param name="Reason">One of <see cref="PushReason"/>.</param>
    /// <param name="After">How long the platform asked to wait; null if it did not say.</param>
    /// <param name="Status">The HTTP status; 0 for no answer.</param>
    /// <param name="NotTried">The own limit or an open breaker: the platform was not asked, and this counts as no attempt.</param>
    /// <param name="OneDevice">Only this device was sent too much: it says nothing of the platform, and holds up no other.</param>
    public sealed record Retry(string Reason, TimeSpan? After, int Status, bool NotTried = false, bool OneDevice = false) : PushOutcome;

    /// <summary>This notification will never be taken: a dead letter.</summary>
    /// <param name="Reason">One of <see cref="PushReason"/>.</param>
    /// <param name="Status">The HTTP status; 0 for no answer.</param>
    public sealed record Refused(string Reason, int Status) : PushOutcome;

    /// <summary>The server's keys are refused: tried again later, and said loudly.</summary>
    /// <param name="Reason">One of <see cref="PushReason"/>.</param>
    /// <param name="Status">The HTTP status; 0 for no answer.</param>
    public sealed record Misconfigured(string Reason, int Status) : PushOutcome;
}

/// <summary>Why a notification was not taken: labels of metrics, and what the operator is shown.</summary>
internal static class PushReason
{
    public const string Timeout = "timeout";
    public const string Unreachable = "unreachable";
    public const string RateLimited = "rate_limited";
    public const string ServerError = "server_error";
    public const string Gone = "gone";
    public const string BadCredentials = "bad_credentials";
    public const string TooLarge = "too_large";
    public const string BlockedAddress = "blocked_address";
    public const string Refused = "refused";
}
