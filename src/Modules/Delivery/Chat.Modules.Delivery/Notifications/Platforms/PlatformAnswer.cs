namespace Chat.Modules.Delivery.Notifications.Platforms;

/// <summary>A platform's answer to one request, or why there was none.</summary>
/// <param name="Status">The HTTP status; 0 for no answer.</param>
/// <param name="RetryAfter">What the platform asked to wait, <c>Push:MaxRetryAfterSeconds</c> at most.</param>
/// <param name="Body">What was read of the body; empty if it was not asked for.</param>
/// <param name="Fault">Null for an answer; else one of <see cref="PushReason"/>.</param>
internal sealed record PlatformAnswer(int Status, TimeSpan? RetryAfter, ReadOnlyMemory<byte> Body, string? Fault = null)
{
    public bool IsSuccess => Fault is null && Status is >= 200 and < 300;

    public static PlatformAnswer None(string fault) => new(0, null, default, fault);

    /// <summary>What statuses mean on every platform, where it has no reason of its own for them.</summary>
    public PushOutcome ToOutcome() => this switch
    {
        { Fault: PushReason.BlockedAddress } => new PushOutcome.Refused(PushReason.BlockedAddress, Status),
        { Fault: { } fault } => new PushOutcome.Retry(fault, null, Status),
        { IsSuccess: true } => new PushOutcome.Sent(Status),
        { Status: 404 or 410 } => new PushOutcome.Gone(PushReason.Gone, Status),
        { Status: 401 or 403 } => new PushOutcome.Misconfigured(PushReason.BadCredentials, Status),
        { Status: 413 } => new PushOutcome.Refused(PushReason.TooLarge, Status),
        { Status: 429 } => new PushOutcome.Retry(PushReason.RateLimited, RetryAfter, Status),
        { Status: 408 or >= 500 } => new PushOutcome.Retry(PushReason.ServerError, RetryAfter, Status),
        _ => new PushOutcome.Refused(PushReason.Refused, Status),
    };
}
