using System.Text.Json.Serialization;

namespace Chat.Client;

/// <summary>Something that happened to a group, in its place in the log. No message: it is not unread, and nobody is notified of it.</summary>
public sealed record Notice
{
    /// <summary>The server's id of the entry.</summary>
    public required string MessageId { get; init; }

    /// <summary>The group.</summary>
    public required string ConversationId { get; init; }

    /// <summary>Its place among the messages.</summary>
    public required long SeqNo { get; init; }

    /// <summary>Who did it.</summary>
    public required string SenderId { get; init; }

    /// <summary>The server's time.</summary>
    [JsonConverter(typeof(UnixMilliseconds))]
    public DateTimeOffset Timestamp { get; init; }

    /// <summary>One of <see cref="NoticeKinds"/>, or one that a newer server has: of that nothing is shown.</summary>
    public required string What { get; init; }

    /// <summary>Whom it happened to, where it is always one: of <c>memberRemoved</c>, <c>left</c> (the sender), <c>roleChanged</c>.</summary>
    public string? UserId { get; init; }

    /// <summary>Whom it happened to, where it may be several: of <c>memberAdded</c>, <c>created</c>.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> UserIds
    {
        get => UserList ?? (IReadOnlyList<string>)[];
        init => UserList = value.Count == 0 ? null : new ValueList<string>(value);
    }

    /// <summary>The title of <c>created</c> and <c>titleChanged</c>, the role of <c>roleChanged</c>.</summary>
    public string? Value { get; init; }

    // Never changed after it was read.
    [JsonInclude, JsonPropertyName("userIds")]
    internal ValueList<string>? UserList { get; set; }
}

/// <summary>What notices tell.</summary>
public static class NoticeKinds
{
    /// <summary>The group was created.</summary>
    public const string Created = "created";

    /// <summary>Users were added.</summary>
    public const string MemberAdded = "memberAdded";

    /// <summary>A user was removed.</summary>
    public const string MemberRemoved = "memberRemoved";

    /// <summary>The sender has left.</summary>
    public const string Left = "left";

    /// <summary>The group has another title.</summary>
    public const string TitleChanged = "titleChanged";

    /// <summary>A user has another role.</summary>
    public const string RoleChanged = "roleChanged";
}
