using System.Text.Json.Serialization;

namespace Chat.Client;

// The bodies of the REST calls (docs/protocol.md).

internal sealed record Page(
    string ConversationId, IReadOnlyList<Message> Messages, long MaxSeqNo, long? NextAfter = null, long? NextBefore = null,
    IReadOnlyList<ChangeFields>? Changes = null);

internal sealed record ConversationList(IReadOnlyList<ConversationSummary> Conversations, string Epoch, string? Next = null);

internal sealed record ConversationSummary(
    string ConversationId, long MaxSeqNo, long DeliveredSeqNo, long ReadSeqNo, int UnreadCount, bool UnreadCapped = false,
    string? Title = null, Message? LastMessage = null, [property: JsonConverter(typeof(UnixMilliseconds))] DateTimeOffset? MutedUntil = null,
    bool Archived = false, bool Pinned = false, bool MarkedUnread = false, long ClearedUpTo = 0, string? Draft = null, int UnreadMentions = 0)
{
    /// <summary>The user's own.</summary>
    [JsonIgnore]
    public OwnSettings Settings
    {
        get => new() { MutedUntil = MutedUntil, Archived = Archived, Pinned = Pinned, MarkedUnread = MarkedUnread, ClearedUpTo = ClearedUpTo, Draft = Draft };
        init => (MutedUntil, Archived, Pinned, MarkedUnread, ClearedUpTo, Draft) = (
            value.MutedUntil, value.Archived ?? false, value.Pinned ?? false, value.MarkedUnread ?? false, value.ClearedUpTo ?? 0, value.Draft);
    }
}

internal sealed record ReceiptTable(IReadOnlyList<MemberReceipt> Members);

internal sealed record MemberReceipt(string UserId, long DeliveredSeqNo, long ReadSeqNo);

internal sealed record DeviceList(IReadOnlyList<Device> Devices);

/// <summary>Where this device gets its notifications; which properties there are hangs on the kind.</summary>
internal sealed record PushSubscription(
    string Kind, PushContent Content, string? Endpoint = null, PushKeys? Keys = null, string? Token = null, string? Topic = null, bool? Sandbox = null)
{
    // A record's own would contain the address.
    public override string ToString() => Kind;
}

internal sealed record PushKeys(string P256dh, string Auth)
{
    public override string ToString() => nameof(PushKeys);
}

internal sealed record PushKey(string Key);

internal sealed record NewGroup(string Title, IReadOnlyCollection<string> Members, History? History);

internal sealed record GroupChange(string? Title, History? History);

internal sealed record NewMembers(IReadOnlyCollection<string> Members);

internal sealed record NewRole(Role Role);

internal sealed record Credentials(string UserId, string Password, string DeviceId, string? DeviceName)
{
    // A record's own would contain the password.
    public override string ToString() => $"{UserId}/{DeviceId}";
}

internal sealed record PasswordChange(string CurrentPassword, string NewPassword)
{
    public override string ToString() => nameof(PasswordChange);
}

internal sealed record RefreshRequest(string RefreshToken)
{
    public override string ToString() => nameof(RefreshRequest);
}

/// <param name="AccessToken">For every request.</param>
/// <param name="RefreshToken">For the next pair; good once.</param>
/// <param name="ExpiresIn">How long the access token is good, in seconds.</param>
internal sealed record TokenPair(string AccessToken, string RefreshToken, int ExpiresIn)
{
    public override string ToString() => nameof(TokenPair);
}

/// <summary>RFC 9457, with the contract's <c>code</c>.</summary>
internal sealed record Problem(string? Code = null, string? Title = null, string? Detail = null);

/// <summary>What the server says of an upload.</summary>
internal sealed record UploadedMedia(
    string MediaId, string ContentType, long Size, string? Name = null, int? Width = null, int? Height = null, long? DurationMs = null,
    string? Blurhash = null, string? ThumbnailUrl = null)
{
    /// <summary>As a message has it.</summary>
    public MessageMedia ToMedia() => new()
    {
        MediaId = MediaId, ContentType = ContentType, Size = Size, Name = Name, Width = Width, Height = Height, DurationMs = DurationMs, Blurhash = Blurhash,
        Thumbnail = ThumbnailUrl is not null,
    };
}

/// <param name="Url">A path of the server, which behind a proxy may not know the whole of its own; or an address elsewhere.</param>
/// <param name="ExpiresAt">Unix milliseconds.</param>
internal sealed record SignedAddress(string Url, long ExpiresAt)
{
    // A record's own would contain the signature.
    public override string ToString() => nameof(SignedAddress);
}
