namespace Chat.Client;

/// <summary>
/// Every field that a server's frame can have, but for <c>message</c>, which is read as a <see cref="Message"/>, and <c>change</c>, as <see cref="ChangeFields"/>. What is unknown is ignored, and what
/// lacks a field that it needs is no frame.
/// </summary>
internal sealed record ServerFields
{
    public string? Type { get; init; }
    public string? UserId { get; init; }
    public string? DeviceId { get; init; }
    public string? Epoch { get; init; }
    public string? ClientMsgId { get; init; }
    public string? MessageId { get; init; }
    public string? ConversationId { get; init; }
    public long? SeqNo { get; init; }
    public long? Timestamp { get; init; }
    public string? Status { get; init; }
    public bool? Active { get; init; }
    public bool? Online { get; init; }
    public long? LastSeen { get; init; }
    public long? MaxSeqNo { get; init; }
    public string? Change { get; init; }
    public long? MutedUntil { get; init; }
    public bool? Archived { get; init; }
    public bool? Pinned { get; init; }
    public bool? MarkedUnread { get; init; }
    public long? ClearedUpTo { get; init; }
    public string? Draft { get; init; }
    public long? AfterMs { get; init; }
    public string? Code { get; init; }
    public string? Message { get; init; }
    public long? RetryAfterMs { get; init; }

    /// <summary>The frame of that type; null for one that this version does not know.</summary>
    public ServerFrame? ToFrame(string? type) => type switch
    {
        "welcome" when this is { UserId: { } user, DeviceId: { } device, Epoch: { } epoch } => new Welcome(user, device, epoch),
        "ack" when this is { Status: AckStatus.Sent, ClientMsgId: { } attempt, MessageId: { } id, ConversationId: { } conversation, SeqNo: { } seqNo } =>
            new SentAck(attempt, id, conversation, seqNo, At(Timestamp) ?? default),
        "ack" when this is { Status: AckStatus.Delivered or AckStatus.Read, ConversationId: { } conversation, SeqNo: { } seqNo, UserId: { } user } =>
            new Receipt(conversation, seqNo, user, Status == AckStatus.Read),
        "typing" when this is { ConversationId: { } conversation, UserId: { } user } => new TypingShown(conversation, user, Active ?? false),
        "presence" when UserId is { } user => new PresenceShown(user, Online ?? false, At(LastSeen)),
        "advanced" when this is { ConversationId: { } conversation, MaxSeqNo: { } max } => new Advanced(conversation, max),
        "conversation" when this is { ConversationId: { } conversation, Change: { } change } => new ConversationChanged(conversation, change, UserId),
        "settings" when ConversationId is { } conversation => new SettingsChanged(conversation, new OwnSettings
        {
            MutedUntil = At(MutedUntil), Archived = Archived, Pinned = Pinned, MarkedUnread = MarkedUnread, ClearedUpTo = ClearedUpTo, Draft = Draft,
        }),
        "caughtUp" => new CaughtUp(),
        "resync" => new Resync(),
        "goAway" => new GoAway(TimeSpan.FromMilliseconds(Math.Clamp(AfterMs ?? 0, 0, 600_000))),
        "pong" or "authenticated" => new Alive(),
        "error" => new Refusal(Code ?? ErrorCodes.Unavailable, Message ?? "", ClientMsgId, RetryIn(RetryAfterMs)),
        _ => null,
    };

    private static DateTimeOffset? At(long? unixMilliseconds) =>
        unixMilliseconds is { } ms and >= 0 and < 253_402_300_800_000 ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : null;

    private static TimeSpan? RetryIn(long? milliseconds) =>
        milliseconds is { } ms ? TimeSpan.FromMilliseconds(Math.Clamp(ms, 0, 3_600_000)) : null;
}
